/** What is needed only when something is exported, saved or imported again: a bundle of its own, loaded by import(). */
export { acrossPicture } from './charts/across';
export { forestPicture } from './charts/forest';
export { trialsPicture } from './charts/trials';
export { toCsv } from './csv';
export { fromCsv } from './csvImport';
export { toHtml } from './html';
export { fromJson, toJson } from './json';
export { toMarkdown } from './markdown';
