import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  checkLicences,
  noticesOf,
  packageIn,
  sbomOf,
  type ThirdParty,
} from '../../../scripts/lib/thirdParty.mjs';

const root = join(import.meta.dirname, '..', '..', '..');
const read = (file: string): unknown => JSON.parse(readFileSync(join(root, file), 'utf8'));
const manifest = read('package.json') as Record<'dependencies' | 'devDependencies', Record<string, string>>;
const lock = read('package-lock.json') as {
  packages: Record<string, { dev?: boolean; optional?: boolean; integrity?: string }>;
};
const good: ThirdParty = { name: '@a/b', version: '1.0.0', licence: 'MIT', texts: ['Permission is granted'] };

describe('packages of other people', () => {
  it('are pinned to one version each, and locked with their digests', () => {
    const all = { ...manifest.dependencies, ...manifest.devDependencies };
    for (const [name, version] of Object.entries(all))
      expect(`${name} ${version}`).toMatch(/ \d+\.\d+\.\d+$/);
    for (const [folder, { integrity }] of Object.entries(lock.packages))
      if (folder !== '')
        expect([folder, integrity ?? '']).toEqual([folder, expect.stringMatching(/^sha512-/)]);
  });

  it('are shipped only under licences that allow it, with their texts', () => {
    const shipped = Object.entries(lock.packages).filter(
      ([folder, { dev, optional }]) => folder !== '' && dev !== true && optional !== true,
    );
    expect(shipped.length).toBeGreaterThan(5);
    expect(() => checkLicences(shipped.map(([folder]) => packageIn(join(root, folder))))).not.toThrow();
  });

  it('are refused under another licence, or without its text', () => {
    expect(() => checkLicences([good])).not.toThrow();
    expect(() => checkLicences([{ ...good, licence: 'GPL-3.0-only' }])).toThrow(/under GPL-3.0-only/);
    expect(() => checkLicences([{ ...good, licence: 'unknown' }])).toThrow(/@a\/b is under unknown/);
    expect(() => checkLicences([{ ...good, texts: [''] }])).toThrow(/without the text/);
  });

  it('are named in the notices and in the bill of materials', () => {
    const notices = noticesOf([good, { ...good, name: 'c', texts: ['Licence', 'Notice'] }]);
    expect(notices).toContain('@a/b 1.0.0 (MIT)\n\nPermission is granted');
    expect(notices).toContain('Licence\n\nNotice');
    const sbom = JSON.parse(sbomOf([good], { name: 'p', version: '2.0.0', license: 'MIT' })) as {
      components: { purl: string }[];
    };
    expect(sbom).toMatchObject({ bomFormat: 'CycloneDX', specVersion: '1.6' });
    expect(sbom.components.map(({ purl }) => purl)).toEqual(['pkg:npm/%40a/b@1.0.0']);
  });
});
