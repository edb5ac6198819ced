export interface Disposes {
  dispose(): void;
}

/** Owns resources; `dispose` ends them once, last registered first. */
export class Disposable implements Disposes {
  private readonly owned: Disposes[] = [];
  private ended = false;

  get isDisposed(): boolean {
    return this.ended;
  }

  /** Takes over `resource`; ends it at once if this owner has already ended. */
  protected register<T extends Disposes>(resource: T): T {
    if (this.ended) resource.dispose();
    else this.owned.push(resource);
    return resource;
  }

  dispose(): void {
    if (this.ended) return;
    this.ended = true;
    for (const resource of this.owned.splice(0).reverse()) resource.dispose();
  }
}
