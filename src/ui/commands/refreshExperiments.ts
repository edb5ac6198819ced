import type { Services } from '../services';

/** Lists the results folder again. */
export function refreshExperiments(services: Services): Promise<void> {
  services.experiments.refresh();
  return Promise.resolve();
}
