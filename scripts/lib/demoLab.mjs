import { createHash, randomUUID } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import ssh2 from 'ssh2';
import { startDemoSshServer } from './demoSshServer.mjs';
import { startGuarded } from './guarded.mjs';
import { markName } from './processes.mjs';

const names = ['demo-a', 'demo-b'];
const readyLimitMs = 15_000;
/** Where the extension puts its files on a guest, when that is not /var/tmp/guestbench. */
const prefixName = 'GUESTBENCH_PREFIX';

/** The system's OpenSSH server, if there is one. */
function findSshd() {
  return ['/usr/sbin/sshd', '/usr/local/sbin/sshd'].find((file) => fs.existsSync(file));
}

/** ssh2 writes one key in some 256 so that nobody can read it (github.com/mscdex/ssh2/issues/1513). */
function readableKeyPair(comment) {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment });
    const isReadable = (text) => !(ssh2.utils.parseKey(text) instanceof Error);
    if (isReadable(pair.private) && isReadable(pair.public)) return pair;
  }
}

/** A key pair in files; made once, so that host keys and the client's key stay the same from run to run. */
function keyPair(file, comment) {
  if (!fs.existsSync(file) || !fs.existsSync(`${file}.pub`)) {
    const pair = readableKeyPair(comment);
    fs.writeFileSync(file, pair.private, { mode: 0o600 });
    fs.writeFileSync(`${file}.pub`, `${pair.public.trim()}\n`);
  }
  return {
    file,
    privateKey: fs.readFileSync(file, 'utf8'),
    publicKey: fs.readFileSync(`${file}.pub`, 'utf8').trim(),
  };
}

function freePort(preferred) {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once('error', (error) => (preferred ? resolve(freePort(0)) : reject(error)));
    probe.listen(preferred ?? 0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** Logs in and runs `true`: proves that the server is up and lets this user in. */
function loginWorks({ port, user, privateKey, hostPublicKey }) {
  const expected = hostPublicKey.split(' ')[1];
  return new Promise((resolve) => {
    const client = new ssh2.Client();
    const finish = (worked) => {
      client.end();
      resolve(worked);
    };
    client.once('error', () => finish(false));
    client.once('ready', () =>
      client.exec('true', (error, channel) => {
        if (error) return finish(false);
        channel.once('exit', (code) => finish(code === 0));
        channel.resume();
      }),
    );
    client.connect({
      host: '127.0.0.1',
      port,
      username: user,
      privateKey,
      readyTimeout: 5000,
      hostVerifier: (key) => key.toString('base64') === expected,
    });
  });
}

function sshdConfig({ folder, port, user, mark, prefix }) {
  return [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey "${path.join(folder, 'host_key')}"`,
    `AuthorizedKeysFile "${path.join(folder, 'authorized_keys')}"`,
    'PidFile none',
    'UsePAM no',
    'StrictModes no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin prohibit-password',
    `AllowUsers ${user}`,
    'MaxStartups 100',
    'MaxSessions 100',
    'UseDNS no',
    'PrintMotd no',
    'Subsystem sftp internal-sftp',
    // What a session started can be found and ended with the lab, even when it detached itself.
    // And each lab has work folders of its own, so that two on one machine do not wait for each other.
    `SetEnv ${markName}=${mark} ${prefixName}=${prefix}`,
    '',
  ].join('\n');
}

async function startOpenSsh(sshd, guest) {
  // The privilege separation folder, which the service would have made.
  if (process.getuid?.() === 0) fs.mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const mark = randomUUID();
  const config = path.join(guest.folder, 'sshd_config');
  fs.writeFileSync(config, sshdConfig({ ...guest, mark }));
  const server = await startGuarded(sshd, ['-D', '-e', '-f', config], {
    env: process.env,
    mark,
    ready: (output) => (/Server listening on/.test(output) ? true : undefined),
    timeoutMs: readyLimitMs,
  });
  return { port: guest.port, stop: server.stop };
}

/** OpenSSH where it is there and lets this user in, else the small server of our own. */
async function startGuestServer(guest, wantOpenSsh) {
  const sshd = findSshd();
  if (sshd && wantOpenSsh) {
    try {
      const server = await startOpenSsh(sshd, guest);
      if (await loginWorks(guest)) return { ...server, kind: 'openssh' };
      await server.stop();
    } catch {
      // A port taken in the meantime, or an sshd that refuses to run here: the small server takes its place.
    }
  }
  return { ...(await startDemoSshServer(guest)), kind: 'in-process' };
}

function labFile(guests) {
  const rows = guests.map(({ name, port, user, identityFile }) => {
    const entry = {
      name,
      host: 'this machine',
      address: '127.0.0.1',
      port,
      user,
      identityFile,
      tags: ['demo'],
    };
    const fields = Object.entries(entry).map(
      ([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`,
    );
    return `    {\n      ${fields.join(',\n      ')}\n    }`;
  });
  return `{
  // A lab to try things out. Both guests are this very machine, reached over SSH at two ports, so there is nothing
  // to tell them apart: the honest answer of a comparison is "no difference".
  "hosts": [{ "name": "this machine" }],
  "guests": [
${rows.join(',\n')}
  ]
}
`;
}

/** Keeps a guest's port from one start to the next, so that a lab file and a stored experiment stay right. */
function rememberedPort(file) {
  try {
    const port = Number(fs.readFileSync(file, 'utf8'));
    return Number.isInteger(port) && port > 1023 && port < 65536 ? port : undefined;
  } catch {
    return undefined;
  }
}

/** Starts two SSH servers on 127.0.0.1 that lead to this machine; keys and ports are kept in `folder`. */
export async function startDemoLab(folder, { openSsh = true } = {}) {
  fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  const user = os.userInfo().username;
  const client = keyPair(path.join(folder, 'demo_key'), 'guestbench demo');
  const prefix = `/var/tmp/guestbench-demo-${createHash('sha256').update(path.resolve(folder)).digest('hex').slice(0, 8)}`;
  const started = [];
  const stop = async () => {
    await Promise.all(started.map(({ server }) => server.stop()));
    const { dir, base } = path.parse(prefix);
    for (const entry of fs.existsSync(dir) ? fs.readdirSync(dir) : []) {
      if (entry.startsWith(`${base}-`)) fs.rmSync(path.join(dir, entry), { recursive: true, force: true });
    }
  };
  try {
    for (const name of names) {
      const guestFolder = path.join(folder, name);
      fs.mkdirSync(guestFolder, { recursive: true, mode: 0o700 });
      const host = keyPair(path.join(guestFolder, 'host_key'), name);
      fs.writeFileSync(path.join(guestFolder, 'authorized_keys'), `${client.publicKey}\n`, { mode: 0o600 });
      const portFile = path.join(guestFolder, 'port');
      const guest = {
        name,
        folder: guestFolder,
        port: await freePort(rememberedPort(portFile)),
        user,
        privateKey: client.privateKey,
        clientPublicKey: client.publicKey,
        hostPrivateKey: host.privateKey,
        hostPublicKey: host.publicKey,
        prefix,
        variables: { [prefixName]: prefix },
      };
      const server = await startGuestServer(guest, openSsh);
      fs.writeFileSync(portFile, `${server.port}\n`);
      started.push({ server, guest: { ...guest, port: server.port } });
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const guests = started.map(({ guest, server }) => ({
    name: guest.name,
    address: '127.0.0.1',
    port: guest.port,
    user,
    identityFile: client.file,
    server: server.kind,
  }));
  const knownHostsFile = path.join(folder, 'known_hosts');
  fs.writeFileSync(
    knownHostsFile,
    started
      .map(
        ({ guest }) => `[127.0.0.1]:${guest.port} ${guest.hostPublicKey.split(' ').slice(0, 2).join(' ')}\n`,
      )
      .join(''),
  );
  return { labText: labFile(guests), knownHostsFile, guests, prefix, stop };
}
