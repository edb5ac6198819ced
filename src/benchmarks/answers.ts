/**
 * The longest answer of a guest's check that is read, in characters: a hundred times what the scripts print, and a guest
 * may print what it likes.
 */
export const longestAnswer = 256 * 1024;
