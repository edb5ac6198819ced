import type { Target } from '../target';
import { fileTargets } from './files';
import { guestTargets } from './guest';
import { outputTargets } from './outputs';

/** Every reader of foreign bytes. */
export const targets: readonly Target[] = [...guestTargets, ...outputTargets, ...fileTargets];
