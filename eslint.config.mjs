import tseslint from 'typescript-eslint';
import { visibleRules } from './scripts/lib/visibleLint.mjs';

/** The rooms of the code and what each may import (docs/ARCHITECTURE.md). A room not listed for another is out of reach. */
const rooms = [
  'model',
  'files',
  'lab',
  'ssh',
  'probe',
  'benchmarks',
  'experiment',
  'statistics',
  'report',
  'ui',
];
const mayImport = {
  model: [],
  files: ['model'],
  lab: ['model', 'files', 'ssh'],
  ssh: ['model', 'files'],
  probe: ['model', 'ssh'],
  benchmarks: ['model'],
  experiment: ['model', 'files', 'ssh', 'probe', 'benchmarks', 'statistics'],
  statistics: ['model'],
  report: ['model', 'statistics', 'benchmarks'],
  ui: rooms,
};
const pure = ['model', 'benchmarks', 'statistics', 'report'];

const nodeModules = {
  group: ['node:*', 'fs', 'path', 'os', 'child_process', 'net', 'crypto', 'ssh2'],
  message: 'A pure room: neither Node nor the network.',
};
const vscodeModule = { group: ['vscode'], message: "Only src/ui and src/extension.ts may import 'vscode'." };

const roomRules = Object.entries(mayImport).map(([room, allowed]) => {
  const forbidden = rooms.filter((other) => other !== room && !allowed.includes(other));
  const patterns = [
    ...(forbidden.length
      ? [
          {
            group: forbidden.flatMap((other) => [`../${other}/*`, `../${other}`, `../../${other}/*`]),
            message: `The room ${room} may import only: ${allowed.join(', ') || 'nothing'}.`,
          },
        ]
      : []),
    { group: ['**/webview/**'], message: 'The page imports the host side, never the other way round.' },
    ...(pure.includes(room) ? [nodeModules] : []),
    ...(room === 'ui' ? [] : [vscodeModule]),
  ];
  return {
    files: [`src/${room}/**/*.ts`],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] },
  };
});

const forbiddenSyntax = [
  { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
  { selector: 'TSEnumDeclaration', message: 'A union of string literals instead of an enum.' },
  {
    selector: "ImportDeclaration[source.value='zod'] > ImportSpecifier[imported.name='z']",
    message: "import * as z from 'zod/mini': the named import carries all of zod into the bundle.",
  },
];

export default tseslint.config(
  { ignores: ['dist/', 'out/', 'coverage/', 'node_modules/', 'test/fixtures/', 'test-results/', '.cache/'] },
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './webview/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      'no-console': 'error',
      eqeqeq: 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'no-restricted-syntax': ['error', ...forbiddenSyntax],
    },
  },
  ...roomRules,
  {
    files: ['src/ui/**/*.ts', 'src/extension.ts'],
    ignores: ['src/ui/visible/**'],
    rules: { 'no-restricted-syntax': ['error', ...forbiddenSyntax, ...visibleRules] },
  },
  {
    files: ['webview/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^\\.\\./(\\.\\./)?src/(?!model/|report/)',
              message: 'The page may import only src/model and src/report.',
            },
            nodeModules,
            vscodeModule,
          ],
        },
      ],
    },
  },
  {
    files: ['**/*.mjs', '*.config.ts', 'vitest.config.ts'],
    ...tseslint.configs.disableTypeChecked,
    rules: {
      ...tseslint.configs.disableTypeChecked.rules,
      'no-console': 'off',
      'no-restricted-syntax': 'off',
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
    },
  },
);
