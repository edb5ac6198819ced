import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createFile } from '../files/writing';
import type { ExperimentEvent } from '../model/experiment';
import { contentOf } from './readExperimentFile';
import type { RunnerOptions } from './runnerOptions';

/** Of the SHA-256 of an id, which may be anything that a file says. */
const idDigits = 32;

/**
 * The experiments that this computer started, and those of others that a person agreed to resume here: each by its id
 * and the content of its first line (`contentOf`). A folder of empty files, so that several windows may write at once;
 * it lies outside every workspace, where no file that came with one can reach it.
 */
export class StartedExperiments {
  constructor(private readonly folder: string) {}

  /** Remembers it for good. @throws the error of the file system. */
  remember(id: string, content: string): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    if (this.knows(id, content)) return;
    closeSync(createFile(join(this.folder, `${digestOf(id)}-${content}`)));
  }

  /** Whether exactly this was started, or agreed to, here. */
  knows(id: string, content: string): boolean {
    return this.names().includes(`${digestOf(id)}-${content}`);
  }

  /** Whether an experiment of that id was started, or agreed to, here, whatever it says. */
  knowsId(id: string): boolean {
    const digest = digestOf(id);
    return this.names().some((name) => name.startsWith(`${digest}-`));
  }

  private names(): readonly string[] {
    try {
      return readdirSync(this.folder);
    } catch {
      return [];
    }
  }
}

/** Remembers an experiment before its first line is written: a window that is lost then may still resume it. */
export function rememberStart({ started, id, listener }: RunnerOptions, first: ExperimentEvent): void {
  try {
    started?.remember(id, contentOf(JSON.stringify(first)));
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    listener.onNotice?.(`This experiment will have to be confirmed when it is resumed: ${said}`);
  }
}

function digestOf(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, idDigits);
}
