import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { controllerScript } from '../../../src/ssh/controller';
import { refused } from '../../../src/ssh/jobRefusals';
import { has, inPlainEnglish, isLinux, needs } from '../../support/needs';

const essential = [
  'cat',
  'dd',
  'grep',
  'head',
  'id',
  'ln',
  'ls',
  'mkdir',
  'mv',
  'readlink',
  'rm',
  'setsid',
  'sleep',
];
const programs = [...essential, 'tail', 'wc', 'date', 'mkfifo', 'tr', 'sh'];
const script = 'echo ran; echo done >"$GB_FILES/result"';
const put = ['put', 'j', String(script.length)];

/** A guest that has the named programs and nothing else. */
describe(
  'the controller on a guest that lacks a program',
  needs({ Linux: isLinux, dash: has('dash') }),
  () => {
    let folder = '';
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'guestbench-needs-'));
      mkdirSync(join(folder, 'bin'));
      for (const name of programs) symlinkSync(where(name), join(folder, 'bin', name));
      // Not from the folders that some systems have merged.
      writeFileSync(join(folder, 'ctl'), controllerScript.replace(/^PATH=.*$/m, ''));
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    const where = (name: string): string =>
      spawnSync('/bin/sh', ['-c', `command -v ${name === 'sh' ? 'dash' : name}`], {
        encoding: 'utf8',
      }).stdout.trim();
    const without = (name: string): void => unlinkSync(join(folder, 'bin', name));
    const stand = (name: string, body: string): void => {
      without(name);
      writeFileSync(join(folder, 'bin', name), `#!${where('sh')}\n${body}\n`);
      chmodSync(join(folder, 'bin', name), 0o755);
    };
    const ask = (words: readonly string[], input = '') => {
      const { stdout, stderr, status } = spawnSync(where('sh'), [join(folder, 'ctl'), ...words], {
        input,
        env: { ...inPlainEnglish(), PATH: join(folder, 'bin'), GUESTBENCH_PREFIX: join(folder, 'gb') },
      });
      return { stdout, stderr, code: status, signal: null };
    };
    const text = ({ stdout }: { stdout: Buffer }): string => stdout.toString('latin1');

    it.each(essential.concat('tail', 'wc'))('says so before anything starts: %s', (name) => {
      without(name);
      for (const result of [ask(put, script), ask(['run', 'j', String(script.length), '1', '0'], script)]) {
        expect(text(result)).toBe(`GB1 error=no${name}\n`);
        expect(refused('deb7', result).message).toMatch(
          new RegExp(
            `^deb7: the command ${name} is missing\\. Install the package (coreutils|grep|util-linux)\\.$`,
          ),
        );
      }
    });

    const lease = ['hold', 'e1', '60'];
    const digest = createHash('sha256').update('x').digest('hex');
    it.each([
      ['readlink', lease],
      ['ln', lease],
      ['readlink', ['clean']],
      ['ls', ['source', 'x', '1', digest]],
      ['wc', ['take', 'x', '0']],
    ])('says so, and of no full disk or running job: %s', (name, words) => {
      without(name);
      expect(text(ask(words, 'x'))).toBe(`GB1 error=no${name}\n`);
    });

    it('is kept for an experiment, takes a source and is cleaned without setsid', () => {
      symlinkSync(where('sha256sum'), join(folder, 'bin', 'sha256sum'));
      without('setsid');
      expect(text(ask(lease, 'd2hv bGFiZWw\n'))).toBe('GB1 held=1\n');
      expect(text(ask(['source', 'x', '1', digest]))).toContain('whole=0 at=0');
      expect(text(ask(['take', 'x', '0'], 'x'))).toBe('GB1 taking=1\n');
      expect(text(ask(['source', 'x', '1', digest]))).toContain('whole=1');
      expect(text(ask(['clean', 'e1']))).toContain('ok=1 jobs=0 sources=1');
    });

    it('says so when it starts what was put before the program went', () => {
      expect(text(ask(put, script))).toContain('put=');
      without('readlink');
      expect(text(ask(['start', 'j']))).toBe('GB1 error=noreadlink\n');
    });

    it.each([
      ['head', 'case $1 in -c) echo "head: invalid option -- c" >&2; exit 1 ;; esac; exit 0'],
      ['tail', 'case $1 in -c) echo "tail: invalid option -- c" >&2; exit 1 ;; esac; exit 0'],
    ])('tells a program that is too old from a full disk: %s', (name, body) => {
      stand(name, body);
      const first = ask(put, script);
      const answer = name === 'head' ? first : ask(['start', 'j']);
      expect(text(answer)).toBe(`GB1 error=old${name}\n`);
      expect(refused('deb7', answer).message).toBe(
        `deb7: the command ${name} does not take the option -c N. Install the package coreutils.`,
      );
    });

    it.each(['mkfifo', 'date', 'tr'])('runs a job all the same: %s', (name) => {
      without(name);
      expect(text(ask(put, script))).toContain('put=');
      expect(text(ask(['start', 'j']))).toMatch(/state=(running|done) fresh=1/);
      const followed = text(ask(['follow', 'j', '0', '0', '1', 'drop']));
      expect(followed).toContain('GB1 out 4\nran\n');
      expect(followed).toContain('state=done rc=0');
    });
  },
);
