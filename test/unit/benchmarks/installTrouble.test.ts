import { describe, expect, it } from 'vitest';
import { passedOver, troubleOf, type InstallTrouble } from '../../../src/benchmarks/installPlan';

/** What the package managers said, by what was wrong, in the shape in which they say it. */
const said: Readonly<Record<InstallTrouble, readonly string[]>> = {
  offline: [
    "Err:1 http://deb.debian.org/debian bookworm/main\n  Temporary failure resolving 'deb.debian.org'\nE: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?",
    'E: Failed to fetch http://127.0.0.1:9/x.deb  Could not connect to 127.0.0.1:9 (127.0.0.1). - connect (111: Connection refused)',
    'Err:1 http://10.0.0.9 stable InRelease\n  Cannot initiate the connection to 10.0.0.9:80 (10.0.0.9). - connect (101: Network is unreachable)',
    'W: Failed to fetch http://10.0.0.9/dists/stable/InRelease  Connection timed out [IP: 10.0.0.9 80]\nE: Unable to locate package fio',
    "lab                       0.0  B/s |   0  B     00:00\nErrors during downloading metadata for repository 'lab':\n  - Curl error (7): Couldn't connect to server for http://127.0.0.1:9/repodata/repomd.xml [Failed to connect to 127.0.0.1 port 9 after 0 ms: Couldn't connect to server]\nError: Failed to download metadata for repo 'lab': Cannot download repomd.xml: Cannot download repodata/repomd.xml: All mirrors were tried\nIgnoring repositories: lab\nNo match for argument: gbhello\nError: Unable to find a match: gbhello",
    "Errors during downloading metadata for repository 'lab':\n  - Curl error (6): Couldn't resolve host name for http://mirror.invalid/repodata/repomd.xml [Could not resolve host: mirror.invalid]\nError: Failed to download metadata for repo 'lab': Cannot download repomd.xml\nNo match for argument: gbhello",
    "Errors during downloading metadata for repository 'x':\n  - Curl error (28): Timeout was reached for https://mirror.invalid/repodata/repomd.xml [Operation too slow. Less than 1000 bytes/sec transferred the last 30 seconds]",
    'Updating and loading repositories:\n>>> Curl error (6): Could not resolve hostname for https://mirrors.invalid/metalink [Could not resolve host: mirrors.invalid]\nFailed to load repository "fedora"\nNo match for argument: fio',
    'Loaded plugins: fastestmirror\nCould not retrieve mirrorlist http://mirrorlist.invalid/?release=7 error was\n14: curl#6 - "Could not resolve host: mirrorlist.invalid; Unknown error"\n One of the configured repositories failed (Unknown),\n Cannot find a valid baseurl for repo: base/7/x86_64',
    "Download (curl) error for 'http://mirror.invalid/repodata/repomd.xml':\nError code: Connection failed\nError message: Could not resolve host: mirror.invalid\nNo provider of 'gbhello' found.",
    "[lab|http://127.0.0.1:9/] Valid metadata not found at specified URL\nHistory:\n - [|] Error trying to read from 'http://127.0.0.1:9/'",
    'WARNING: fetching https://dl-cdn.alpinelinux.org/alpine/v3.20/main: temporary error (try again later)\nERROR: unable to select packages:\n  fio (no such package):\n    required by: world[fio]',
    'WARNING: updating and opening https://dl-cdn.alpinelinux.org/alpine: DNS: transient error (try again later)\nERROR: unable to select packages:\n  fio (no such package)',
    "error: failed retrieving file 'core.db' from mirror.invalid : Could not resolve host: mirror.invalid\nerror: failed to synchronize all databases (download library error)",
  ],
  stale: [
    'E: Failed to fetch http://deb.debian.org/debian/pool/main/f/fio/fio_3.33-3_amd64.deb  404  Not Found [IP: 1.2.3.4 80]\nE: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?',
    "E: The repository 'http://deb.debian.org/debian stretch Release' does not have a Release file.",
    "E: The repository 'http://deb.debian.org/debian stretch Release' no longer has a Release file.",
    'E: Failed to fetch http://mirror.invalid/x.deb  Hash Sum mismatch',
    'E: Failed to fetch http://mirror.invalid/Packages.xz  File has unexpected size (12345 != 12340). Mirror sync in progress?',
    "Errors during downloading metadata for repository 'appstream':\n  - Status code: 404 for http://mirror.invalid/repodata/repomd.xml (IP: 10.0.0.1)\nError: Failed to download metadata for repo 'appstream': Cannot download repomd.xml: Cannot download repodata/repomd.xml: All mirrors were tried",
    '[MIRROR] gbhello-1.0-1.noarch.rpm: Status code: 404 for http://127.0.0.1:42240/gbhello-1.0-1.noarch.rpm (IP: 127.0.0.1)\n[FAILED] gbhello-1.0-1.noarch.rpm: No more mirrors to try - All mirrors were already tried without success\nError: Error downloading packages:\n  Cannot download gbhello-1.0-1.noarch.rpm: All mirrors were tried',
    'http://vault.invalid/7/os/x86_64/repodata/repomd.xml: [Errno 14] HTTP Error 404 - Not Found\nTrying other mirror.',
    "File './noarch/gbhello-1.0-1.noarch.rpm' not found on medium 'http://127.0.0.1:42240/'",
    "Repository 'lab' is invalid.\n[lab|http://127.0.0.1:9/elsewhere/] Valid metadata not found at specified URL\nHistory:\n - [lab|http://127.0.0.1:9/elsewhere/] Repository type can't be determined.\nNo provider of 'fio' found.",
    "ERROR: fio-3.36-r0: remote server returned error (try 'apk update')",
    "error: failed retrieving file 'fio-3.36-1-x86_64.pkg.tar.zst' from mirror.invalid : The requested URL returned error: 404",
  ],
  locked: [
    'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 1 (apt)\nE: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?',
    'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812 (unattended-upgr)',
    'Waiting for cache lock: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812 (unattended-upgr)... 119s',
    'System management is locked by the application with pid 1113 (zypper).\nClose this application before trying again.',
    'Waiting for repository lock\nERROR: Unable to lock database: Interrupted system call\nERROR: Failed to open apk database: Interrupted system call',
    'Existing lock /var/run/yum.pid: another copy is running as pid 4711.',
    'Another app is currently holding the yum lock; waiting for it to exit...\n  The other application is: yum',
    'Failed to obtain the transaction lock. Another process holds it.',
    "error: failed to init transaction (unable to lock database)\nerror: could not lock database: File exists\n  if you're sure a package manager is not already\n  running, you can remove /var/lib/pacman/db.lck",
    "error: can't create transaction lock on /var/lib/rpm/.rpm.lock (Resource temporarily unavailable)",
  ],
  space: [
    "E: You don't have enough free space in /var/cache/apt/archives/.",
    'dpkg: error processing archive x.deb (--unpack):\n cannot copy extracted data to /usr/bin/fio: failed to write (No space left on device)',
    'dpkg: unrecoverable fatal error, aborting:\n failed to write status database record: Disk quota exceeded',
    'Error Summary\n-------------\nDisk Requirements:\n   At least 4MB more space needed on the /opt filesystem.\n',
    'Error: Transaction test error:\n  installing package gbbig-1.0-1.noarch needs 4MB more space on the /opt filesystem',
    'Error Summary\n-------------\nDisk Requirements:\n  At least 12 more inodes needed on the / filesystem.',
    'Transaction failed: Rpm transaction failed.\n  - installing package gbbig-1.0-1.noarch needs 4MB more space on the / filesystem',
    '(1/1): gbbig: Curl error (23): Failed writing received data to disk/application for http://127.0.0.1/x.rpm',
    'installing package gbbig-1.0-1.noarch needs 4MB more space on the /opt filesystem',
    'installing package a-1-1.x86_64 needs 812 inodes on the /usr filesystem',
    'ERROR: Failed to create usr/bin/fio: No space left on device',
    'error: Partition / too full: 123456 blocks needed, 1234 blocks free\nerror: failed to commit transaction (not enough free disk space)',
  ],
  'read-only': [
    'E: Could not open lock file /var/lib/dpkg/lock-frontend - open (30: Read-only file system)\nE: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?',
    "dpkg: unable to create '/usr/bin/fio.dpkg-new': Read-only file system",
    "[Errno 30] Read-only file system: '/var/cache/dnf/metadata_lock.pid'",
    'ERROR: Unable to lock database: Read-only file system',
  ],
  'unknown-package': [
    'E: Unable to locate package fio',
    "E: Package 'fio' has no installation candidate",
    "E: Couldn't find any package by glob 'php8.*'",
    'No match for argument: nope\nError: Unable to find a match: nope',
    'Failed to resolve the transaction:\nNo match for argument: nope\nYou can try to add to command line:\n  --skip-unavailable to skip unavailable packages',
    'No package nope available.\nError: Nothing to do',
    "Package 'nope' not found.\n'nope' not found in package names. Trying capabilities.\nNo provider of 'nope' found.",
    'ERROR: unable to select packages:\n  nope (no such package):\n    required by: world[nope]',
    'error: target not found: nope',
    // It waited, and then went on.
    'Waiting for cache lock: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812 (apt)... 3s\nReading package lists...\nE: Unable to locate package nope',
    'Waiting for process with pid 812 to finish.\nNo match for argument: nope\nError: Unable to find a match: nope',
  ],
  dependencies: [
    'The following packages have unmet dependencies:\n php-cli : Depends: php8.2-cli but it is not going to be installed\nE: Unable to correct problems, you have held broken packages.',
    "E: Unmet dependencies. Try 'apt --fix-broken install' with no packages (or specify a solution).",
    "Error: \n Problem: conflicting requests\n  - nothing provides gb-not-there needed by gbneeds-1.0-1.noarch from lab\n(try to add '--skip-broken' to skip uninstallable packages)",
    'Error: Package: gbneeds-1.0-1.noarch (lab)\n           Requires: gb-not-there',
    "Problem: nothing provides 'gb-not-there' needed by the to be installed gbneeds-1.0-1.noarch\n Solution 1: do not install gbneeds-1.0-1.noarch\nChoose from above solutions by number or cancel [1/2/c/d/?] (c): c",
    "error: failed to prepare transaction (could not satisfy dependencies)\n:: unable to satisfy dependency 'gb-not-there' required by gbneeds",
  ],
  interrupted: [
    "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem.",
    'error: rpmdb: BDB0113 Thread/process 1/2 failed: BDB1507 Thread died\nerror: rpmdb open failed',
    'There are unfinished transactions remaining. You might consider running yum-complete-transaction, or "yum-complete-transaction --cleanup-only"',
  ],
  clock: [
    'E: Release file for http://deb.debian.org/debian/dists/bookworm/InRelease is not valid yet (invalid for another 3h 2min 3s). Updates for this repository will not be applied.',
    'E: Release file for http://archive.invalid/dists/x/InRelease is expired (invalid since 5d 3h 2min 3s). Updates for this repository will not be applied.',
    'E: Release file expired, ignoring http://archive.debian.org/debian-security/dists/wheezy/updates/Release (invalid since 300d 3h 2min 3s)',
    'Curl error (60): SSL peer certificate or SSH remote key was not OK for https://mirror.invalid/ [SSL certificate problem: certificate is not yet valid]',
    'Err:1 https://mirror.invalid x InRelease\n  Certificate verification failed: The certificate is NOT trusted. The certificate chain uses not yet valid certificate.\n  The certificate is not yet valid.',
  ],
  untrusted: [
    "W: GPG error: http://mirror.invalid x InRelease: The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 0123456789ABCDEF\nE: The repository 'http://mirror.invalid x InRelease' is not signed.",
    'WARNING: The following packages cannot be authenticated!\n  fio\nE: There were unauthenticated packages and -y was used without --allow-unauthenticated',
    'Package gbhello-1.0-1.noarch.rpm is not signed\nError: GPG check FAILED',
    'You have enabled checking of packages via GPG keys. This is a good thing.\nHowever, you do not have any GPG public keys installed.\nProblem repository: [lab]\nsslverifystatus: 0\ntimeout: 30',
    "Retrieving repository 'lab' metadata [.\nWarning: File 'repomd.xml' from repository 'lab' is unsigned.\nerror]\nWarning: Skipping repository 'lab' because of the above error.\n'p7zip' not found in package names. Trying capabilities.\n[lab|http://127.0.0.1:9/] Valid metadata not found at specified URL\nHistory:\n - Signature verification failed for repomd.xml\nNo provider of 'p7zip' found.",
    'Public key for gbhello-1.0-1.noarch.rpm is not installed',
    'Curl error (60): SSL peer certificate or SSH remote key was not OK for https://mirror.invalid/ [SSL certificate problem: self-signed certificate]',
    "Signature verification failed for file 'repomd.xml' from repository 'lab'.",
    'WARNING: Ignoring APKINDEX.tar.gz: UNTRUSTED signature',
    'error: fio: signature from "Somebody" is unknown trust\nerror: failed to commit transaction (invalid or corrupted package (PGP signature))',
  ],
  other: ['dpkg: error processing package x (--configure):', 'Segmentation fault', ''],
};

describe('troubleOf', () => {
  it.each(Object.entries(said).flatMap(([trouble, outputs]) => outputs.map((output) => [trouble, output])))(
    'reads %s in %j',
    (trouble, output) => {
      expect(troubleOf(output)).toBe(trouble);
      // Lines may end as on a terminal.
      expect(troubleOf(output.replaceAll('\n', '\r\n'))).toBe(trouble);
    },
  );
});

describe('troubleOf after sudo', () => {
  it('takes what sudo says of its own host name for no word of the package manager', () => {
    const sudo = 'sudo: unable to resolve host deb12-pv: Name or service not known\n';
    expect(troubleOf(`${sudo}E: Unable to locate package fio`)).toBe('unknown-package');
    expect(troubleOf(`${sudo}dpkg: error processing package x`)).toBe('other');
    expect(troubleOf(`${sudo}E: Could not resolve 'deb.example'`)).toBe('offline');
  });
});

describe('passedOver', () => {
  it('names what yum left out although it ended well', () => {
    const output = 'No package nope available.\nNo package wrk available.\nResolving Dependencies\nComplete!';
    expect([passedOver(output), passedOver('Complete!')]).toEqual([['nope', 'wrk'], []]);
  });
});
