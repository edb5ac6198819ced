import type { ParsedOutput, TrialOutput } from './benchmark';
import { parseApache } from './parse/apache';
import { parseFio } from './parse/fio';
import { parseKernel } from './parse/kernel';
import { parseOpenssl } from './parse/openssl';
import { parsePhp } from './parse/php';
import { parsePts } from './parse/pts';
import { parseSevenZip } from './parse/sevenZip';
import { parseSqlite } from './parse/sqlite';
import { parseSysbench } from './parse/sysbench';
import { parseUnixbench } from './parse/unixbench';

export type { Measurement } from '../model/experiment';
export type { ParsedOutput, TrialOutput } from './benchmark';

export const tools = [
  'unixbench',
  'fio',
  'kernel',
  '7zip',
  'sqlite',
  'apache',
  'openssl',
  'php',
  'sysbench',
  'pts',
] as const;
export type Tool = (typeof tools)[number];

/** One parser per tool. None ever throws, and none gives a figure of a failed or cancelled run. */
export const parsers: Readonly<Record<Tool, (output: TrialOutput) => ParsedOutput>> = {
  unixbench: parseUnixbench,
  fio: parseFio,
  kernel: parseKernel,
  '7zip': parseSevenZip,
  sqlite: parseSqlite,
  apache: parseApache,
  openssl: parseOpenssl,
  php: parsePhp,
  sysbench: parseSysbench,
  pts: parsePts,
};
