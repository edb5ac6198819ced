import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { PreparedJob } from '../../../src/ssh/preparedJob';
import type { ExecOptions, ExecResult } from '../../../src/ssh/transport';

/** A guest whose side of the channel the test plays; the real one is in test/ssh. */
function guest() {
  let options: ExecOptions = {};
  let end = (): void => undefined;
  const ended = new Promise<ExecResult>((resolve) => {
    end = () => resolve({ code: 0, signal: null, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) });
  });
  const job = new PreparedJob('e1.t1', 'echo', (given) => {
    options = given;
    return ended;
  });
  return { job, end, say: (text: string) => options.onStdout?.(Buffer.from(text)) };
}

describe('a prepared job', () => {
  it('hears no longer of its follower once it has ended', async () => {
    const { job, end, say } = guest();
    say('GB1 ready=1\n');
    const answer = job.start([]);
    say('GB1 state=running fresh=1\nGB1 out 3\nabc');
    expect((await answer)?.get('state')).toBe('running');
    const leaving = new AbortController();
    let followed = '';
    const following = job.follow({
      signal: leaving.signal,
      onStdout: (chunk) => (followed += chunk.toString()),
    });
    expect(getEventListeners(leaving.signal, 'abort')).toHaveLength(1);
    end();
    await following;
    expect(followed).toBe('GB1 out 3\nabc');
    expect(getEventListeners(leaving.signal, 'abort')).toHaveLength(0);
  });
});
