import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { has } from '../support/needs';

export const rpmTools = { rpmbuild: has('rpmbuild'), 'createrepo-c': has('createrepo_c') };

export interface RpmPackage {
  readonly name: string;
  /** Files by absolute path: a program as the lines of a shell script, or that many bytes. */
  readonly files?: Readonly<Record<string, string | number>>;
  /** What it cannot be installed without. */
  readonly requires?: string;
}

/** An archive of rpm packages over HTTP on the loopback. */
export class RpmRepository {
  private constructor(
    private readonly folder: string,
    private readonly server: Server,
  ) {}

  static async make(packages: readonly RpmPackage[]): Promise<RpmRepository> {
    const folder = mkdtempSync(join(tmpdir(), 'gb-rpm-'));
    mkdirSync(join(folder, 'repo'));
    for (const one of packages) build(folder, one);
    const built = join(folder, 'made', 'RPMS', 'noarch');
    for (const name of readdirSync(built)) copyFileSync(join(built, name), join(folder, 'repo', name));
    execFileSync('createrepo_c', ['-q', join(folder, 'repo')]);
    const server = createServer((request, response) => {
      try {
        response.end(readFileSync(join(folder, 'repo', decodeURIComponent(request.url ?? ''))));
      } catch {
        response.statusCode = 404;
        response.end();
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new RpmRepository(folder, server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  /** Takes a package away, and leaves it in the lists. */
  loseFile(name: string): void {
    rmSync(join(this.folder, 'repo', `${name}-1.0-1.noarch.rpm`));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function build(folder: string, { name, files = {}, requires }: RpmPackage): void {
  const install = Object.entries(files).map(([path, contents], index) => {
    const source = join(folder, `${name}-${index}`);
    const text = typeof contents === 'string' ? `#!/bin/sh\n${contents}\n` : Buffer.alloc(contents, 'x');
    writeFileSync(source, text, { mode: 0o755 });
    return `install -D -m 755 '${source}' '%{buildroot}${path}'`;
  });
  const spec = [
    `Name: ${name}`,
    'Version: 1.0',
    'Release: 1',
    'Summary: Made by a test',
    'License: MIT',
    'BuildArch: noarch',
    // Without it the package would need /bin/sh, which no package of an empty database provides.
    'AutoReqProv: no',
    ...(requires === undefined ? [] : [`Requires: ${requires}`]),
    '%description',
    'Made by a test.',
    '%install',
    ...install,
    '%files',
    ...Object.keys(files),
  ];
  const file = join(folder, `${name}.spec`);
  writeFileSync(file, `${spec.join('\n')}\n`);
  const made = join(folder, 'made');
  execFileSync(
    'rpmbuild',
    ['-bb', '--quiet', '--define', `_topdir ${made}`, '--define', `_dbpath ${made}/db`, file],
    { stdio: 'ignore' },
  );
}
