/** What of other people is in the bundles: notices, a bill of materials, and which licences may be. */
import fs from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';
import { Problem } from './problem.mjs';

/** Licences that let their code be shipped inside an extension under MIT, as long as their texts come with it. */
export const allowedLicences = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'Unlicense',
];

/** The packages whose code esbuild put into bundles, by name. */
export function bundledPackages(metafiles) {
  const inputs = metafiles.flatMap(({ inputs: files }) => Object.keys(files));
  const folders = new Set(
    inputs
      .map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0])
      .filter((folder) => folder !== undefined),
  );
  return [...folders].sort().map((folder) => packageIn(path.join(root, folder)));
}

/** A package with its licence and the texts of its licence and notices. */
export function packageIn(folder) {
  const { name, version, license, licenses } = JSON.parse(
    fs.readFileSync(path.join(folder, 'package.json'), 'utf8'),
  );
  const texts = fs
    .readdirSync(folder)
    .filter((entry) => /^(?:licen[cs]e|notice|copying)/i.test(entry))
    .sort()
    .map((entry) => fs.readFileSync(path.join(folder, entry), 'utf8').trim());
  return { name, version, licence: license ?? licenses?.[0]?.type ?? 'unknown', texts };
}

/** @throws Problem for a licence that is not allowed, or whose text is missing. */
export function checkLicences(packages) {
  const wrong = packages.flatMap(({ name, licence, texts }) => [
    ...(allowedLicences.includes(licence) ? [] : [`${name} is under ${licence}, which is not allowed here`]),
    ...(texts.some((text) => text !== '') ? [] : [`${name} comes without the text of its licence`]),
  ]);
  if (wrong.length > 0) throw new Problem(`${wrong.join('; ')}. See scripts/lib/thirdParty.mjs.`);
}

export function noticesOf(packages) {
  const rule = `\n${'-'.repeat(80)}\n\n`;
  return packages
    .map(({ name, version, licence, texts }) => `${name} ${version} (${licence})\n\n${texts.join('\n\n')}\n`)
    .join(rule);
}

/** The bill of materials, CycloneDX 1.6. The same packages give the same text. */
export function sbomOf(packages, { name, version, license }) {
  const components = packages.map((one) => ({
    type: 'library',
    'bom-ref': `pkg:npm/${one.name.replace('@', '%40')}@${one.version}`,
    name: one.name,
    version: one.version,
    purl: `pkg:npm/${one.name.replace('@', '%40')}@${one.version}`,
    licenses: [{ license: { id: one.licence } }],
  }));
  const product = {
    type: 'application',
    'bom-ref': `pkg:npm/${name}@${version}`,
    name,
    version,
    licenses: [{ license: { id: license } }],
  };
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: product },
    components,
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}
