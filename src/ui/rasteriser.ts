import { Disposable } from '../model/disposable';
import { UserError } from '../model/userError';
import type { Drawing } from '../report/charts/svg';
import type { RasterRequest } from '../report/hostMessage';

/** A page that is being made takes a while; one that does not draw at all is not waited for longer. */
const longestMs = 30_000;

interface Pending {
  readonly message: RasterRequest;
  readonly timer: NodeJS.Timeout;
  readonly done: (png: Uint8Array) => void;
  readonly fail: (error: UserError) => void;
}

/** Has the page turn SVG into PNG: only a browser can. */
export class Rasteriser extends Disposable {
  private readonly pending = new Map<number, Pending>();
  private last = 0;

  constructor(
    private readonly post: (message: RasterRequest) => void,
    private readonly words: { readonly closed: string; readonly slow: string; readonly failed: string },
  ) {
    super();
    this.register({ dispose: () => this.failAll() });
  }

  /** The bytes of a PNG. @throws UserError when the page is closed, does not answer or cannot draw it. */
  draw({ svg, width, height }: Drawing): Promise<Uint8Array> {
    const request = ++this.last;
    const message: RasterRequest = { type: 'rasterise', request, svg, width, height };
    return new Promise((done, fail) => {
      const timer = setTimeout(() => this.fail(request, this.words.slow), longestMs);
      this.pending.set(request, { message, timer, done, fail });
      this.post(message);
    });
  }

  /** A page that was made anew knows nothing of what was asked before. */
  askAgain(): void {
    for (const { message } of this.pending.values()) this.post(message);
  }

  take(request: number, png: string): void {
    const known = this.forget(request);
    known?.done(Buffer.from(png, 'base64'));
  }

  fail(request: number, why: string = this.words.failed): void {
    const known = this.forget(request);
    known?.fail(new UserError(why));
  }

  private forget(request: number): Pending | undefined {
    const known = this.pending.get(request);
    this.pending.delete(request);
    clearTimeout(known?.timer);
    return known;
  }

  private failAll(): void {
    for (const request of [...this.pending.keys()]) this.fail(request, this.words.closed);
  }
}
