export const visibleRules: readonly { selector: string; message: string }[];
