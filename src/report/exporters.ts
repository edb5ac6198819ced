/** Every form that an experiment or its report can leave in. */
export { toCsv } from './csv';
export { toHtml } from './html';
export { toJson } from './json';
export { toMarkdown } from './markdown';
export { toPhoronixXml } from './phoronixXml';
