import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const hasApt = spawnSync('/bin/sh', ['-c', 'command -v apt-get dpkg-deb']).status === 0;

export interface AptRepository {
  /** A folder for PATH: its `apt-get` is the machine's own, at work on a system of its own. */
  readonly bin: string;
  /** What the packages are installed below. */
  readonly root: string;
  /** Runs before each apt-get, as a shell script. */
  before(script: string): void;
  /** What dpkg's own records say of a package; empty: nothing. */
  statusOf(name: string): string;
}

/**
 * The real apt-get and dpkg with an archive, lists and a root of their own under `folder`: packages are really
 * installed, and the machine stays as it is. The archive has one package, without anything it depends on.
 */
export function makeAptRepository(
  folder: string,
  name: string,
  file: { readonly path: string; readonly text: string } = {
    path: `usr/share/${name}/hello`,
    text: 'hello\n',
  },
): AptRepository {
  const at = (...parts: string[]): string => join(folder, ...parts);
  const statusFile = at('root', 'var', 'lib', 'dpkg', 'status');
  for (const path of ['bin', 'archive', 'lists/partial', 'cache/archives/partial', 'log', 'package/DEBIAN'])
    mkdirSync(at(path), { recursive: true });
  for (const path of ['info', 'updates', 'triggers'])
    mkdirSync(at('root', 'var', 'lib', 'dpkg', path), { recursive: true });
  writeFileSync(statusFile, '');
  const control = [
    `Package: ${name}`,
    'Version: 1.0',
    'Architecture: all',
    'Maintainer: nobody <nobody@example.invalid>',
    'Description: one file',
  ];
  writeFileSync(at('package', 'DEBIAN', 'control'), `${control.join('\n')}\n`);
  mkdirSync(dirname(at('package', file.path)), { recursive: true });
  writeFileSync(at('package', file.path), file.text, { mode: 0o755 });
  const deb = at('archive', `${name}.deb`);
  execFileSync('dpkg-deb', ['--root-owner-group', '--build', at('package'), deb], { stdio: 'ignore' });
  const bytes = readFileSync(deb);
  const entry = [
    ...control,
    `Filename: ./${name}.deb`,
    `Size: ${bytes.length}`,
    `SHA256: ${createHash('sha256').update(bytes).digest('hex')}`,
  ];
  writeFileSync(at('archive', 'Packages'), `${entry.join('\n')}\n`);
  writeFileSync(at('sources.list'), `deb [trusted=yes] file:${at('archive')} ./\n`);
  writeFileSync(
    at('apt.conf'),
    [
      `Dir::State::lists "${at('lists')}";`,
      `Dir::State::status "${statusFile}";`,
      `Dir::State::extended_states "${at('extended_states')}";`,
      `Dir::Cache "${at('cache')}";`,
      `Dir::Log "${at('log')}";`,
      `Dir::Etc::sourcelist "${at('sources.list')}";`,
      'Dir::Etc::sourceparts "-";',
      'APT::Sandbox::User "root";',
      `DPkg::Options { "--root=${at('root')}"; "--log=${at('log', 'dpkg.log')}"; };`,
      'DPkg::Pre-Install-Pkgs ""; DPkg::Post-Invoke ""; APT::Update::Post-Invoke ""; APT::Update::Post-Invoke-Success "";',
      '#clear DPkg::Pre-Install-Pkgs; #clear DPkg::Post-Invoke; #clear APT::Update::Post-Invoke;',
      '',
    ].join('\n'),
  );
  const write = (script: string): void => {
    const text = `#!/bin/sh\n${script}\nAPT_CONFIG='${at('apt.conf')}' exec /usr/bin/apt-get "$@"\n`;
    writeFileSync(at('bin', 'apt-get'), text);
    chmodSync(at('bin', 'apt-get'), 0o755);
  };
  write('');
  return {
    bin: at('bin'),
    root: at('root'),
    before: write,
    statusOf: (wanted) =>
      readFileSync(statusFile, 'utf8')
        .split('\n\n')
        .find((paragraph) => paragraph.includes(`Package: ${wanted}\n`)) ?? '',
  };
}
