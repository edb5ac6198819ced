import { describe, expect, it } from 'vitest';
import { readHostMessage } from '../../../src/report/hostMessage';
import { reportModel } from '../../../src/report/model';
import { unpackModel } from '../../../src/report/packedModel';
import { headMessage, modelMessage, protocolVersion, readPageMessage } from '../../../src/report/protocol';
import type { ReportModel } from '../../../src/report/shape';
import { completed, catalogue, experiment, pv, pvhvm, workload } from './experiments';

describe('page to host', () => {
  it.each([
    { type: 'ready', version: 1 },
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
  const report = (rounds: number) =>
    reportModel(
      [
        experiment({
          guests: [pv, pvhvm],
          workloads: ['openssl', 'sqlite', 'fio-randread'].map((id) => workload(id, 1000, 1.2, 0.01, rounds)),
          ended: completed,
        }),
      ],
      { catalogue },
    );
  const samplesOf = ({ metrics }: ReportModel) =>
    metrics.map(({ guests }) => guests.reduce((sum, { samples }) => sum + samples.length, 0));

  it('is left out where the model is small', () => {
    expect(headMessage(report(10))).toBeUndefined();
  });

  it('has all that stands first, and no sample of what comes later', () => {
    const model = report(2000);
    const head = headMessage(model)!;
    expect(readHostMessage(structuredClone(head), protocolVersion).status).toBe('ok');
    expect(head.part).toBe('head');
    const unpacked = unpackModel(head);
    expect(samplesOf(model)).toEqual([4002, 4002, 4002, 4002, 4002]);
    expect(samplesOf(unpacked)).toEqual([4002, 4002, 0]);
    expect(unpacked.metrics.map(({ primary }) => primary)).toEqual([true, true, true]);
    expect(unpacked.metrics[0]).toEqual(model.metrics[0]);
    expect(unpacked.metrics[2]).toMatchObject({ key: 'fio-randread/iops', title: 'Random read' });
    expect({ ...unpacked, metrics: [], trials: [] }).toEqual({ ...model, metrics: [], trials: [] });
    expect(unpacked.trials).toEqual([]);
  });
});
