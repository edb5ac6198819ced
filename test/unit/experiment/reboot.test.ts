import { describe, expect, it } from 'vitest';
import { isLinux, needs } from '../../support/needs';
import { ownBootId, whyNotReboot } from '../../../src/experiment/reboot';

describe('a guest that is to be rebooted', () => {
  const fit = { bootId: 'its', mayReboot: true, isDom0: false };

  it('may be when the account may, and it is a guest', () => {
    expect(whyNotReboot('pv', fit, 'ours')).toBeUndefined();
    expect(whyNotReboot('pv', fit, undefined)).toBeUndefined();
  });

  it('is not where it is this computer, or the dom0 of its host, even for root', () => {
    expect(whyNotReboot('demo', { ...fit, bootId: 'ours' }, 'ours')).toMatch(/^demo is this very computer/);
    expect(whyNotReboot('lab1', { ...fit, isDom0: true }, 'ours')).toMatch(
      /^lab1 is the dom0 .* every guest/,
    );
  });

  it('is not where a password would be asked for, and it is said what to do', () => {
    const why = whyNotReboot('pv', { ...fit, mayReboot: false }, 'ours');
    expect(why).toMatch(/^pv cannot be rebooted .*sudo -n.*NOPASSWD: \/sbin\/reboot/);
  });

  it('is compared with the boot of this computer', needs({ Linux: isLinux }), async () => {
    const first = await ownBootId();
    expect(first).toMatch(/^[0-9a-f-]{36}$/);
    expect(await ownBootId()).toBe(first);
  });
});
