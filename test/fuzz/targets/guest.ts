// What a guest or a host answers.
import { parseArchive } from '../../../src/benchmarks/archive';
import { parseCheck } from '../../../src/benchmarks/check';
import { readConfirmation } from '../../../src/benchmarks/blockDevice';
import { parseSystem, troubleOf } from '../../../src/benchmarks/installPlan';
import { compactHostLoad, compactLoad } from '../../../src/experiment/load';
import { parseLook } from '../../../src/experiment/quietScript';
import { domainNames, XentopReader } from '../../../src/experiment/xentop';
import { detectMode } from '../../../src/probe/mode';
import { factsFrom, parseEvidence } from '../../../src/probe/evidence';
import { FrameReader, parseAnswer } from '../../../src/ssh/frames';
import { jobEnd } from '../../../src/ssh/jobEnd';
import { JobStream } from '../../../src/ssh/jobStream';
import { leaseOf } from '../../../src/ssh/lease';
import { parseLoad } from '../../../src/ssh/loadSamples';
import { PreparedJob } from '../../../src/ssh/preparedJob';
import { SshError } from '../../../src/ssh/transport';
import { capture, captured, type Capture } from '../../unit/probe/captures';
import { corpusOf } from '../corpus';
import { fixtureText } from '../fixture';
import { declared, must, type Target } from '../target';

const probeOutput = (name: Capture): string =>
  [...capture(name)]
    .filter(([, text]) => text.length < 3000)
    .map(
      ([label, text]) =>
        `#guestbench:begin ${label}\n${text.trimEnd().replace(/^/gm, '|')}\n#guestbench:end\n`,
    )
    .join('');

const jobText =
  'Last login\nGB1 follow 1\nGB1 out 5\nhello\nGB1 err 3\nabcGB1 skip out 4096\nGB1 load 60\n' +
  '12.5 100 200 300 p5 cpu 1 2 3 4 5 6 7 8\n13.5 1 2 3 - cpu 2 3\n\nGB1 file 4 out.json\n{}\n\n' +
  'GB1 end state=done rc=0 out=5 err=3 load=60 cancelled=0 full=0 up0=1.5 up1=2.5 ' +
  'load0=cpu,1,2,3,4,5,6,7,8 load1=cpu,2,3,4,5,6,7,8,9 files=1\n';

const loadText = Array.from(
  { length: 30 },
  (_, second) =>
    `${100 + second}.25 ${second * 900} ${second * 400} 3000000 ${second % 2 === 0 ? `p${second * 10}` : 'v1:2:3'} ` +
    `cpu ${second * 50} 0 ${second * 3} ${second * 40} 1 0 2 ${second}\n`,
).join('');

const lookText =
  'Welcome\nGBQ before cpu 1 2 3 4 5 6 7 8\nGBQ after cpu 2 3 4 5 6 7 8 9\nGBQ after cpu0 1 2 3 4\n' +
  'GBQ after procs_running 2\nGBQ unwritten 300 kB\nGBQ load 0.1 0.2 0.3 1/100 5\nGBQ boot\nGBQ task apt-get\nGBQ end\n';

const checkText =
  'guestbench: ok version=fio-3.33\nguestbench: missing fio apt=fio dnf=fio\nguestbench: problem space 100 MiB\n';

const leaseText =
  'GB1 held=1 lease=e1 who=.YW5uYUBsYXB0b3A lab\nGB1 lease=e1 who=.YW5uYUBsYXB0b3A label=.bmlnaHRseQ since=12 quiet=3 job=e1.t1\n' +
  'GB1 id=e1.t1 state=running\nGB1 file=out.json size=12\nGB1 error=leased lease=a\n';

const xentopText = fixtureText('xen', 'xentop', 'batch-3.txt');
const listText = fixtureText('xen', 'xentop', 'xl-list-v.txt');

/** In pieces of a length that the input itself gives. */
function inPieces(input: string, add: (chunk: Buffer) => void): void {
  const bytes = Buffer.from(input, 'latin1');
  const size = 1 + ((bytes[bytes.length >> 1] ?? 0) % 40);
  const piece = bytes.length > 20_000 ? size * 100 : size;
  for (let at = 0; at < bytes.length; at += piece) add(bytes.subarray(at, at + piece));
}

export const guestTargets: readonly Target[] = [
  {
    name: 'probe',
    most: 512 * 1024,
    seeds: [...(Object.keys(captured) as Capture[]).map(probeOutput), ...corpusOf('probe')],
    words: [
      '#guestbench:begin ',
      '#guestbench:end',
      '|',
      ' -> ',
      '/block/',
      'Booting kernel on Xen',
      'Xen',
      '00:01.0 ',
    ],
    weight: 0.08,
    read: (input) => {
      const evidence = parseEvidence(input);
      const facts = factsFrom(evidence);
      must(facts.mode.because.length < 60, 'more reasons than anybody reads');
      for (const line of facts.mode.because) must(line.length < 2000, 'a reason without end');
    },
  },
  {
    name: 'evidence',
    // It is read under three labels, and a probe's whole answer has 512 KiB at most.
    most: 170 * 1024,
    seeds: (Object.keys(captured) as Capture[])
      .flatMap((name) => [...capture(name)].map(([label, text]) => `${label}\u0001${text.slice(0, 1500)}`))
      .concat(corpusOf('evidence')),
    words: ['->', '/block/', '/net/', 'Booting ', 'kernel', 'pvbus0 at mainbus0', 'e1000', '.', ':'],
    weight: 0.25,
    read: (input) => {
      const at = input.indexOf('\u0001');
      const label = at < 0 ? 'dmesg' : input.slice(0, at);
      const text = input.slice(at + 1);
      detectMode(
        new Map([
          [label, text],
          ['lspci', text],
          ['ls -l /sys/block', text],
        ]),
      );
    },
  },
  {
    name: 'frames',
    seeds: [jobText, jobText.slice(11), ...corpusOf('frames')],
    words: [
      'GB1 out 1\n',
      'GB1 err 99\n',
      'GB1 file 3 a\n',
      'GB1 load 1\n',
      'GB1 end state=done',
      'GB1 follow 1\n',
    ],
    read: (input) => {
      declared([SshError], () => {
        const positions = { stdout: { taken: 0, at: 0 }, stderr: { taken: 0, at: 0 } };
        const stream = new JobStream(
          'e1.t1',
          positions,
          {},
          { onChunk: () => undefined, onSkip: () => undefined },
        );
        inPieces(input, (chunk) => stream.add(chunk));
        const end = stream.end();
        if (end?.state === 'done') must(Number.isFinite(end.durationMs), 'a time that is none');
      });
      declared([SshError], () => {
        const frames = new FrameReader(() => undefined);
        inPieces(input, (chunk) => frames.add(chunk));
      });
    },
  },
  {
    name: 'prepared-job',
    seeds: [
      'Hi\nGB1 ready=1\nGB1 state=running fresh=1\nGB1 follow 1\nGB1 out 3\nabc',
      ...corpusOf('prepared-job'),
    ],
    words: ['GB1 ready=1\n'],
    weight: 0.25,
    read: (input) => {
      const job = new PreparedJob('e1.t1', 'true', (options) => {
        inPieces(input, (chunk) => options.onStdout?.(chunk));
        return new Promise(() => undefined);
      });
      job.discard();
    },
  },
  {
    name: 'answers',
    most: 1024 * 1024,
    seeds: [leaseText, jobText, ...corpusOf('answers')],
    words: ['GB1 ', 'state=', 'lease=', 'who=.', 'label=.'],
    weight: 2,
    read: (input) => {
      for (const fields of parseAnswer(Buffer.from(input, 'latin1')).slice(0, 50)) {
        const lease = leaseOf(fields);
        if (lease) must(lease.who.length <= 120 && lease.label.length <= 120, 'a name without end');
        jobEnd(fields);
      }
    },
  },
  {
    name: 'load',
    most: 4 * 1024 * 1024,
    seeds: [loadText, ...corpusOf('load')],
    words: ['cpu', 'p1', 'v1:2:3', '-', '9007199254740991'],
    weight: 0.15,
    read: (input) => {
      const load = compactLoad(parseLoad(input));
      if (load) must(JSON.stringify(load).length < 100_000, 'a load that fills a file');
    },
  },
  {
    name: 'xentop',
    seeds: [xentopText, fixtureText('xen', 'xentop', 'full-name-2.txt'), ...corpusOf('xentop')],
    words: ['NAME  STATE   CPU(sec)', '-----r', '\n'],
    weight: 2,
    read: (input) => {
      const reader = new XentopReader();
      let nowMs = 1000;
      for (let at = 0; at < input.length; at += 1 + (input.length >> 3))
        reader.add(input.slice(at, at + 1 + (input.length >> 3)), (nowMs += 700));
      const load = compactHostLoad('lab1', 'pv', reader.samples());
      if (load) must(JSON.stringify(load).length < 100_000, 'a load that fills a file');
    },
  },
  {
    name: 'xl-list',
    seeds: [listText, ...corpusOf('xl-list')],
    words: ['00000000-0000-0000-0000-000000000000', 'r-----', ' 1'],
    weight: 2,
    read: (input) => void domainNames(input),
  },
  {
    name: 'preparation',
    // Six readers, each for itself.
    most: 256 * 1024,
    seeds: [checkText, lookText, 'guestbench: system apt sudo\n', ...corpusOf('preparation')],
    words: ['guestbench: ', 'GBQ end\n', 'GBQ after cpu', 'missing', 'problem', 'needs 5x'],
    weight: 2,
    read: (input) => {
      parseCheck(input);
      parseSystem(input);
      parseArchive(input);
      parseLook(input);
      troubleOf(input);
      readConfirmation(input);
    },
  },
];
