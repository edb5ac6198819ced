import { describe, expect, it } from 'vitest';
import { probeScript } from '../../../src/probe/evidence';
import { probeGuest } from '../../../src/probe/probe';
import { SshError, type Connection, type ExecOptions, type ExecResult } from '../../../src/ssh/transport';

function connection(answer: (command: string, options?: ExecOptions) => Partial<ExecResult>): Connection {
  return {
    target: {
      name: 'deb12',
      address: '10.0.0.11',
      port: 22,
      user: 'root',
      identityFiles: [],
      identitiesOnly: false,
      agent: undefined,
      jumps: [],
    },
    isOpen: true,
    exec: (command, options) =>
      Promise.resolve({
        stdout: Buffer.alloc(0),
        stderr: Buffer.alloc(0),
        code: 0,
        signal: null,
        ...answer(command, options),
      }),
    shell: () => Promise.reject(new Error('not here')),
    onClose: () => undefined,
    close: () => undefined,
  };
}

describe('probeGuest', () => {
  it('asks once, with the script on standard input, and passes the signal on', async () => {
    const asked: [string, ExecOptions | undefined][] = [];
    const { signal } = new AbortController();
    const { evidence, facts } = await probeGuest(
      connection((command, options) => {
        asked.push([command, options]);
        return {
          stdout: Buffer.from(
            'Welcome\n#guestbench:begin /sys/hypervisor/guest_type\n|PVH\n#guestbench:end\n',
          ),
        };
      }),
      signal,
    );
    expect(asked).toHaveLength(1);
    expect(asked[0]?.[0]).toBe('exec /bin/sh -s');
    expect(asked[0]?.[1]).toMatchObject({ stdin: probeScript, signal });
    expect(evidence.get('/sys/hypervisor/guest_type')).toBe('PVH');
    expect(facts.mode.mode).toBe('PVH');
  });

  it('says so when the account runs no commands', async () => {
    const probe = probeGuest(
      connection(() => ({ stderr: Buffer.from('\r\nThis account is \u001b[1mnot available.\r\n'), code: 1 })),
    );
    await expect(probe).rejects.toThrow(
      /deb12: root can log in.*code 1 and said: This account is .?\[1mnot available\./,
    );
    await expect(probe).rejects.toMatchObject({ kind: 'no-shell' });
    await expect(probe).rejects.toBeInstanceOf(SshError);
  });

  it('tells of a signal and of silence', async () => {
    await expect(probeGuest(connection(() => ({ code: null, signal: 'KILL' })))).rejects.toThrow(
      'A signal ended it.',
    );
  });
});
