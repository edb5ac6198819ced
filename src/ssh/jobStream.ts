import { FrameReader, type Frame } from './frames';
import { jobEnd, numberOf, type JobEnd, type JobResults } from './jobEnd';
import { parseLoad, type LoadSample } from './loadSamples';
import { SshError } from './transport';

export type StreamName = 'stdout' | 'stderr';

/** A view of what a job writes. Of a flood it gets the newest only; what is collected is always whole. */
export interface LiveView {
  onChunk(stream: StreamName, chunk: Buffer): void;
  /** So much is passed over here. */
  onSkip(stream: StreamName, bytes: number): void;
}

/** Where the bytes of a job go. */
export interface JobSinks {
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
}

/** How far one stream of a job has come. */
export interface StreamPosition {
  /** Bytes that were handed on, without a gap. */
  taken: number;
  /** Where the view is: further, once something was passed over. */
  at: number;
}

export type JobPositions = Readonly<Record<StreamName, StreamPosition>>;

/** What a guest may send beside the streams: its controller sends 1 MiB at most, in as many files as fit. */
const maxResultBytes = 4 * 1024 * 1024;
const maxResultFiles = 1_000;

const nameOf = { out: 'stdout', err: 'stderr' } as const;

/** Reads what one follower sends: hands bytes on and keeps the positions, over as many followers as it takes. */
export class JobStream {
  private readonly frames = new FrameReader((frame) => this.take(frame));
  private readonly files = new Map<string, Buffer>();
  private resultBytes = 0;
  private load: readonly LoadSample[] | undefined;
  private ended: JobEnd | undefined;

  constructor(
    private readonly job: string,
    readonly positions: JobPositions,
    private readonly sinks: JobSinks,
    private readonly live: LiveView | undefined,
  ) {}

  get isOpen(): boolean {
    return this.frames.isOpen;
  }

  /** How the job ended, once that is known. */
  end(): JobEnd | undefined {
    return this.ended;
  }

  /** Throws what the sinks throw, and an SshError when what arrives is not the protocol. */
  add(chunk: Buffer): void {
    this.frames.add(chunk);
  }

  private take(frame: Frame): void {
    switch (frame.kind) {
      case 'out':
      case 'err':
        this.bytes(nameOf[frame.kind], frame.chunk);
        break;
      case 'skip':
        this.positions[nameOf[frame.stream]].at += frame.bytes;
        this.live?.onSkip(nameOf[frame.stream], frame.bytes);
        break;
      case 'file':
        this.count(frame.content);
        this.files.set(frame.name, frame.content);
        break;
      case 'load':
        this.count(frame.content);
        this.load = parseLoad(frame.content.toString('latin1'));
        break;
      case 'end':
        this.finish(frame.fields);
    }
  }

  /** Nobody asked for these: more than the controller sends is refused before it fills the memory here. */
  private count(content: Buffer): void {
    this.resultBytes += content.length;
    if (this.resultBytes > maxResultBytes || this.files.size >= maxResultFiles)
      throw new SshError('protocol', 'The guest sent more result files than it was asked for.');
  }

  private bytes(stream: StreamName, chunk: Buffer): void {
    const position = this.positions[stream];
    const isNext = position.taken === position.at;
    position.at += chunk.length;
    if (isNext) {
      position.taken = position.at;
      if (stream === 'stdout') this.sinks.onStdout?.(chunk);
      else this.sinks.onStderr?.(chunk);
    }
    this.live?.onChunk(stream, chunk);
  }

  private finish(fields: ReadonlyMap<string, string>): void {
    const state = fields.get('state');
    if (state === 'preparing' || state === 'none')
      throw new SshError('protocol', `The job ${this.job} was never started.`);
    const end = jobEnd(fields);
    const isWhole = numberOf(fields.get('files')) === this.files.size;
    const results: JobResults = {
      ...(isWhole ? { files: this.files } : {}),
      ...(this.load ? { load: this.load } : {}),
    };
    this.ended = end.state === 'done' && this.live !== undefined ? { ...end, results } : end;
  }
}
