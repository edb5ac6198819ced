import * as z from 'zod/mini';
import { checkScript, installScript, samePackage, type PackageNames } from './check';
import { defineBenchmark } from './define';
import { oneOf, parameter, parameterObject, place, wholeNumber } from './parameters';
import { parsers } from './parsers';
import {
  checkFurther,
  cleanupScript,
  isRepository,
  phpCommands,
  runScript,
  type PtsParameters,
} from './ptsScripts';

const name = '[a-z0-9][a-z0-9._+-]*/[A-Za-z0-9][A-Za-z0-9._+-]*';
const testNames = new RegExp(`^${name}(?: +${name})*$`);
const option = '[A-Za-z0-9][A-Za-z0-9._/+-]*\\.[A-Za-z0-9_-]+ *= *[^=;\\p{Cc}|]+';
const optionList = new RegExp(`^(?:${option}(?:; *${option})*;? *)?$`, 'u');

const textLike = (pattern: RegExp, preset: string, error: string) =>
  z._default(z.string({ error }).check(z.maxLength(2000, { error }), z.regex(pattern, { error })), preset);

const php: readonly PackageNames[] = [
  {
    'apt-get': ['php-cli'],
    dnf: ['php-cli'],
    yum: ['php-cli'],
    zypper: ['php8-cli'],
    apk: ['php83', 'php84', 'php82'],
  },
  {
    'apt-get': ['php-xml'],
    dnf: ['php-xml'],
    yum: ['php-xml'],
    zypper: ['php8-dom'],
    apk: ['php83-dom', 'php84-dom', 'php82-dom'],
  },
  {
    'apt-get': [],
    dnf: ['php-process'],
    yum: ['php-process'],
    zypper: ['php8-posix'],
    apk: ['php83-simplexml', 'php84-simplexml', 'php82-simplexml'],
  },
];
const packagesOf = ({ source }: PtsParameters): readonly PackageNames[] => [
  ...php,
  ...(isRepository(source) ? [samePackage('git')] : []),
];

export const pts = defineBenchmark<PtsParameters & { minutes: number }>({
  id: 'pts',
  title: 'Phoronix Test Suite',
  description:
    'Any test or suite of the Phoronix Test Suite that a person has; each of its results is a metric.',
  kind: 'system',
  metrics: 'measured',
  parameters: parameterObject({
    source: parameter(
      'Where the Phoronix Test Suite is: a folder or tarball of this computer (local:/path, uploaded to the guests) or on the guest (/path), or the URL of a tarball or git repository. Empty: the setting guestbench.sources, else the command of the guest. Guestbench brings none.',
      place([''], ['https', 'http', 'git', 'ssh'], ''),
    ),
    tests: parameter(
      'Tests or suites with their repository, e.g. "system/compress-7zip pts/openssl-3.4.0"; blanks between several.',
      textLike(
        testNames,
        'system/compress-7zip',
        'must be names such as system/compress-7zip or pts/openssl-3.4.0, with blanks between several',
      ),
    ),
    options: parameter(
      'A choice for each option of the tests, e.g. "fio.type=Random Read; fio.engine=Linux AIO", spelled as in the menu of the test.',
      textLike(
        optionList,
        '',
        'must be like "fio.type=Random Read; fio.engine=Linux AIO", with a semicolon between several',
      ),
    ),
    runs: parameter(
      'How often each test is run within a trial. Once: the rounds of the experiment are the repetitions, and they alternate between the guests.',
      wholeNumber(1, 100, 1),
    ),
    offline: parameter(
      'Whether tests may fetch their files: auto asks whether names are resolved. While a test runs the Internet is left alone, unless this is "no".',
      oneOf(['auto', 'yes', 'no'], 'auto'),
    ),
    minutes: parameter(
      'After so long a trial counts as hung; the first one installs the tests.',
      wholeNumber(15, 10_080, 240),
      'min',
    ),
  }),
  source: {
    parameter: 'source',
    setting: 'phoronixTestSuite',
    what: 'the Phoronix Test Suite',
    need: 'optional',
  },
  presets: { quick: {}, standard: {}, thorough: { runs: 3 } },
  // Nobody knows beforehand; the warm-up corrects it.
  estimateSeconds: ({ tests, runs }) => 20 + 100 * runs * tests.split(/ +/).length,
  timeoutSeconds: ({ minutes }) => 60 * minutes,
  scripts: {
    check: (parameters) =>
      checkScript({
        commands: phpCommands,
        also: isRepository(parameters.source) ? [['git']] : [],
        packages: packagesOf(parameters),
        version: '"$gb_tool" -r \'echo "PHP ", PHP_VERSION;\' 2>/dev/null',
        further: checkFurther(parameters),
      }),
    install: (parameters) => installScript(packagesOf(parameters)),
    run: runScript,
    cleanup: () => cleanupScript,
  },
  parse: parsers.pts,
});
