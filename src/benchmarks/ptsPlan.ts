/** Raw text: PHP and its regular expressions as they stand. */
const php = (text: TemplateStringsArray): string => text.raw.join('').trim();

/**
 * Reads the profiles of a Phoronix Test Suite, as it would, without starting it: which tests a name stands for, what
 * they lack, and which choices their options have. Its answers are lines `gb-KEY=TEXT`:
 * test, absent, needs, download (test|file|address), option (for the parser), preset, runs, problem.
 */
const program = php`
<?php
[, $roots, $installed, $cache, $names, $given] = array_pad($argv, 6, '');
$roots = array_filter(explode(':', $roots), 'is_dir');
$asked = $used = $presets = [];
$runs = 0;

function say(string $key, string $text): void { echo 'gb-', $key, '=', trim(preg_replace('/\s+/', ' ', $text)), "\n"; }
function text($element): string { return isset($element) ? trim((string) $element) : ''; }
function plain(string $id): string { return preg_replace('/-\d[\d.]*$/', '', $id); }
function is_installed(string $id): bool {
    global $installed;
    return is_file("$installed/$id/pts-install.json") || is_file("$installed/$id/pts-install.xml");
}

// [name with version, file] of a test or suite: the version named, else one that is installed, else the newest.
function find(string $kind, string $name): ?array {
    global $roots;
    $file = $kind === 'test-profiles' ? 'test-definition.xml' : 'suite-definition.xml';
    $found = [];
    foreach ($roots as $root) {
        foreach (array_merge(["$root/$kind/$name/$file"], glob("$root/$kind/$name-*/$file") ?: []) as $path) {
            $id = dirname($name) . '/' . basename(dirname($path));
            if (is_file($path) && ($id === $name || plain($id) === $name)) $found += [$id => $path];
        }
    }
    if (isset($found[$name])) return [$name, $found[$name]];
    uksort($found, fn($a, $b) => [is_installed($b)] <=> [is_installed($a)] ?: version_compare(substr($b, strlen($name) + 1), substr($a, strlen($name) + 1)));
    return $found === [] ? null : [array_key_first($found), reset($found)];
}

function options(SimpleXMLElement $profile): array {
    $options = [];
    foreach ($profile->TestSettings->Option ?? [] as $option) {
        $id = text($option->Identifier);
        $menu = [];
        foreach ($option->Menu->Entry ?? [] as $entry) $menu[text($entry->Name)] = text($entry->Value);
        // These the Phoronix Test Suite finds on the machine when it runs.
        $dynamic = preg_match('/^(auto-|cpu-(physical-)?threads$|ram-capacity$|renderer$)/', $id) === 1;
        $options[$id] = [text($option->DisplayName), $menu, $dynamic];
    }
    $parent = text($profile->TestProfile->Extends ?? null);
    if ($options === [] && $parent !== '' && ($found = find('test-profiles', $parent))) return options(simplexml_load_file($found[1]));
    return $options;
}

function lacks(string $id, string $path, SimpleXMLElement $profile): void {
    global $cache;
    say('absent', $id);
    foreach (explode(',', text($profile->TestProfile->SystemDependencies ?? null)) as $command) {
        if (preg_match('/^[\w+-]+$/', trim($command))) say('needs', $id . '|' . trim($command));
    }
    if (strpos(text($profile->TestProfile->ExternalDependencies ?? null), 'build-utilities') !== false) {
        foreach (['cc', 'make'] as $command) say('needs', "$id|$command");
    }
    $downloads = is_file(dirname($path) . '/downloads.xml') ? simplexml_load_file(dirname($path) . '/downloads.xml') : null;
    foreach ($downloads->Downloads->Package ?? [] as $package) {
        $system = text($package->PlatformSpecific);
        $address = trim(explode(',', text($package->URL))[0]);
        $file = text($package->FileName) ?: basename($address);
        if ($system !== '' && strpos($system, 'Linux') === false) continue;
        if ($file !== '' && !is_file("$cache/$file")) say('download', "$id|$file|$address");
    }
}

// The choices of one test: each must be given, and be one there is, or another would run without a word.
function choose(string $id, array $options): void {
    global $asked, $used, $presets;
    $test = plain($id);
    $mine = ($asked[$test] ?? []) + ($asked[basename($test)] ?? []);
    $used[] = $test;
    $used[] = basename($test);
    foreach (array_diff(array_keys($mine), array_keys($options)) as $unknown) {
        say('problem', "$test has no option \"$unknown\"; it has: " . (implode(', ', array_keys($options)) ?: 'none'));
    }
    $missing = [];
    foreach ($options as $option => [$title, $menu, $dynamic]) {
        $names = array_map('strval', array_keys($menu));
        if (!isset($mine[$option]) && count($names) === 1 && !$dynamic) $mine[$option] = $names[0];
        $shown = $dynamic ? 'what it finds on the machine' : (implode(', ', $names) ?: 'any text');
        if (!isset($mine[$option])) { $missing[] = basename($test) . ".$option ($shown)"; continue; }
        $choice = $mine[$option];
        $at = array_search($choice, $names, true);
        if (!$dynamic && $names !== [] && $at === false) {
            say('problem', "$test has no $title \"$choice\"; it has: $shown (one of them, spelled so)");
            continue;
        }
        // Numbers and lists mean something else to it: then the place in the menu is told.
        $odd = is_numeric($choice) || strpos($choice, ',') !== false;
        $presets[] = "$test.$option=" . ($odd && !$dynamic && $at !== false ? $at : $choice);
        $cut = strpos($choice, '(');
        if ($names !== [] && $cut > 1 && strpos($choice, ')') > $cut) $choice = trim(substr($choice, 0, $cut));
        if ($title !== '') say('option', "$test|$title|$choice|" . ($at === false ? $choice : $menu[$names[$at]]));
    }
    if ($missing !== []) say('problem', "$test needs a choice for each of its options; not given: " . implode('; ', $missing));
}

function test(string $id, string $path, bool $chosen): void {
    global $runs;
    $profile = simplexml_load_file($path);
    if ($profile === false) { say('problem', "$path cannot be read"); return; }
    $systems = text($profile->TestProfile->SupportedPlatforms ?? null);
    if ($systems !== '' && strpos($systems, PHP_OS_FAMILY === 'BSD' ? 'BSD' : PHP_OS) === false) {
        say('problem', "$id runs on $systems only");
    }
    say('test', $id);
    if (!is_installed($id)) lacks($id, $path, $profile);
    $options = options($profile);
    if ($chosen) { $runs++; choose($id, $options); return; }
    // In a suite every combination of what it leaves open runs.
    $runs += array_product(array_map(fn($option) => max(1, count($option[1])), $options));
}

function suite(string $id, string $path, int $depth): void {
    global $runs;
    $suite = simplexml_load_file($path);
    foreach ($depth > 8 || $suite === false ? [] : $suite->Execute as $step) {
        $name = text($step->Test);
        $set = text($step->Description) !== '' || text($step->Mode) === 'DEFAULTS';
        if ($found = find('test-profiles', $name)) {
            $before = $runs;
            test($found[0], $found[1], false);
            if ($set) $runs = $before + 1;
        } elseif ($found = find('test-suites', $name)) suite($found[0], $found[1], $depth + 1);
        else say('problem', "$id has a test $name, which this Phoronix Test Suite does not know");
    }
}

foreach (array_filter(array_map('trim', explode(';', $given)), 'strlen') as $one) {
    [$key, $choice] = array_map('trim', explode('=', $one, 2));
    $dot = strrpos($key, '.');
    $asked[substr($key, 0, $dot)][substr($key, $dot + 1)] = $choice;
}
foreach (preg_split('/\s+/', trim($names)) as $name) {
    if ($found = find('test-profiles', $name)) { test($found[0], $found[1], true); say('run', $found[0]); }
    elseif ($found = find('test-suites', $name)) { suite($found[0], $found[1], 0); say('run', $found[0]); }
    else say('problem', "this Phoronix Test Suite knows no test or suite $name");
}
foreach (array_diff(array_keys($asked), $used) as $other) {
    say('problem', "options are given for $other, which is not among the tests (those of a suite are fixed by the suite)");
}
say('preset', implode(';', $presets));
say('runs', (string) $runs);
say('end', 'yes');
`;

/** The shell function gb_planner ROOTS INSTALLED CACHE TESTS OPTIONS; it wants gb_php. */
export const planner = [
  'gb_planner() {',
  '"$gb_php" -d display_errors=stderr -- "$@" <<\'GB_PHP\'',
  program,
  'GB_PHP',
  '}',
  '# gb_planned KEY: what the plan has of it, a line each.',
  'gb_planned() { printf \'%s\\n\' "$gb_plan" | sed -n "s/^gb-$1=//p"; }',
].join('\n');
