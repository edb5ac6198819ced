import { describe, expect, it } from 'vitest';
import type { Trial } from '../../../src/model/experiment';
import { headModel } from '../../../src/report/head';
import { readHostMessage } from '../../../src/report/hostMessage';
import { reportModel } from '../../../src/report/model';
import { unpackModel } from '../../../src/report/packedModel';
import { headMessage, modelMessage, protocolVersion, readPageMessage } from '../../../src/report/protocol';
import type { ReportModel } from '../../../src/report/shape';
import { completed, catalogue, experiment, pv, pvhvm, withLoad, workload } from './experiments';

describe('page to host', () => {
  it.each([
    { type: 'ready', version: 1 },
    { type: 'rest' },
    { type: 'choose', baseline: 'a', candidate: 'b' },
    { type: 'openOutput', trial: 't1', experiment: 0 },
    { type: 'openText' },
    { type: 'copyMarkdown' },
    { type: 'error', message: 'x' },
    { type: 'savePicture', name: 'across', svg: '<svg />', png: 'aGk=' },
    { type: 'savePicture', name: 'across', svg: '<svg />' },
  ])('takes $type', (message) => {
    expect(readPageMessage(message)).toEqual({ status: 'ok', message });
  });

  it.each([
    null,
    'ready',
    {},
    { type: 'run', command: 'rm' },
    { type: 'choose', baseline: 1, candidate: 'b' },
    { type: 'openOutput', trial: 'x'.repeat(1001), experiment: 0 },
    { type: 'openOutput', trial: 'x', experiment: -1 },
    { type: 'error', message: 'x'.repeat(10_001) },
    { type: 'savePicture', name: 'across', svg: '<script>' },
    { type: 'savePicture', name: 'across', svg: '<svg />', png: 'no base64' },
  ])('drops what it does not know: %j', (message) => {
    expect(readPageMessage(message).status).toBe('dropped');
  });

  it('drops unknown fields', () => {
    const read = readPageMessage({ type: 'openText', more: 1 });
    expect(read).toEqual({ status: 'ok', message: { type: 'openText' } });
  });
});

describe('host to page', () => {
  const message = modelMessage(reportModel([], {}));

  it('takes a model of its own version', () => {
    expect(readHostMessage(message, protocolVersion)).toEqual({ status: 'ok', message });
  });

  it.each([
    ['not a message', 7],
    ['not a message', []],
    ['unknown type theme', { type: 'theme' }],
    ['protocol version 2', { ...message, version: 2 }],
    ['no model', { type: 'model', version: 1 }],
    ['a model without trials', { ...message, model: { ...message.model, trials: {} } }],
    [
      'a model without status, headline',
      { ...message, model: { ...message.model, status: 1, headline: null } },
    ],
  ])('drops: %s', (why, data) => {
    expect(readHostMessage(data, protocolVersion)).toEqual({ status: 'dropped', why });
  });
});

describe('the head of a model', () => {
  const measured = (rounds: number) =>
    experiment({
      guests: [pv, pvhvm],
      workloads: ['openssl', 'sqlite', 'fio-randread'].map((id) => workload(id, 1000, 1.2, 0.01, rounds)),
      ended: completed,
    });
  const samplesOf = ({ metrics }: ReportModel) =>
    metrics.map(({ guests }) => guests.reduce((sum, { samples }) => sum + samples.length, 0));

  it('is left out where the experiment is small', () => {
    expect(headModel(measured(10), { catalogue })).toBeUndefined();
  });

  it('has all that stands first, and no sample of what comes later', () => {
    const large = measured(2000);
    const model = reportModel([large], { catalogue });
    const head = headMessage(headModel(large, { catalogue })!);
    expect(readHostMessage(structuredClone(head), protocolVersion).status).toBe('ok');
    expect(head.part).toBe('head');
    const unpacked = unpackModel(head);
    expect(samplesOf(model)).toEqual([4002, 4002, 4002, 4002, 4002]);
    expect(samplesOf(unpacked)).toEqual([4002, 4002, 0]);
    expect(unpacked.metrics.map(({ primary }) => primary)).toEqual([true, true, true]);
    expect(unpacked.metrics[0]).toEqual(model.metrics[0]);
    expect(unpacked.metrics[2]).toMatchObject({ key: 'fio-randread/iops', title: 'Random read' });
    expect(unpacked.trials).toEqual([]);
  });

  it('says of the whole what the whole model says', () => {
    const loaded = withLoad(measured(2000), { points: 5, pressure: 30, others: 140 });
    const cpu = { userPercent: 60, systemPercent: 5, iowaitPercent: 1, stealPercent: 30, idlePercent: 4 };
    const counted = ({ guest }: Trial) => (guest === pv.name ? { cpu } : {});
    const trials = loaded.trials.map((record) => ({ ...record, ...counted(record.trial) }));
    const large = { ...loaded, trials };
    for (const choice of [{}, { baseline: pvhvm.name, candidate: pv.name }]) {
      const model = reportModel([large], { ...choice, catalogue });
      const head = headModel(large, { ...choice, catalogue })!;
      const found = head.pairs.flatMap(({ warnings }) => warnings.map(({ id }) => id));
      expect(found).toEqual(expect.arrayContaining(['steal', 'memory-pressure', 'busy-host']));
      const rest = { metrics: [], trials: [], failures: [], pairs: [] };
      expect({ ...head, ...rest }).toEqual({ ...model, ...rest });
      expect(head.pairs.map((pair) => ({ ...pair, counts: {} }))).toEqual(
        model.pairs.map((pair) => ({ ...pair, counts: {} })),
      );
      const figuresOf = ({ metrics }: ReportModel) =>
        metrics
          .filter(({ primary }) => primary)
          .map(({ comparisons, guests, ...metric }) => ({
            ...metric,
            comparisons: comparisons.map((comparison) => ({ ...comparison, pairs: [] })),
            guests: guests.map((guest) => ({ ...guest, samples: [] })),
          }));
      expect(figuresOf(head)).toEqual(figuresOf(model));
    }
  });

  it('keeps the figures of a workload of which none is tested', () => {
    const large = measured(2000);
    const untested = {
      ...large,
      trials: large.trials.map((record) => ({
        ...record,
        measurements:
          record.trial.benchmark === 'fio-randread'
            ? record.measurements.map((one, index) => ({ ...one, id: `other-${index}`, primary: false }))
            : record.measurements,
      })),
    };
    const bare = catalogue.filter(({ id }) => id !== 'fio-randread');
    const head = headModel(untested, { catalogue: bare })!;
    const [metric] = reportModel([untested], { catalogue: bare }).metrics.slice(2);
    expect(head.metrics.slice(2)).toHaveLength(1);
    expect(head.metrics[2]).toMatchObject({ key: metric!.key, primary: false });
    expect(head.metrics[2]!.comparisons[0]!.speedup).toBe(metric!.comparisons[0]!.speedup);
  });
});
