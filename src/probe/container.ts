import type { Evidence } from '../model/guest';
import { rootMount } from './devices';
import { linesOf, quoted, textOf } from './evidenceText';
import type { Confidence } from './xen';
import { virtWhat } from './xenSigns';

export interface ContainerVerdict {
  readonly confidence: Confidence;
  readonly because: readonly string[];
}

/** What tools call the managers of containers: no machine's name. */
export const containerManagers =
  /^(docker|podman|lxc|lxc-libvirt|systemd-nspawn|rkt|wsl|openvz|proot|pouch|container-other|oci|kubepods|crio|containerd)$/;

/** Does this system run in a container? Then the machine around it is another question. */
export function containerVerdict(evidence: Evidence): ContainerVerdict | undefined {
  const sure: string[] = [];
  const hints: string[] = [];
  const say = (source: string, text: string | undefined) => {
    if (text !== undefined && containerManagers.test(text)) sure.push(`${source} says ${quoted(text)}.`);
  };
  say('systemd-detect-virt', textOf(evidence, 'systemd-detect-virt'));
  say(
    'systemd-detect-virt --container',
    textOf(evidence, 'systemd-detect-virt --container', 'systemd-detect-virt -c'),
  );
  say('/run/systemd/container', textOf(evidence, '/run/systemd/container'));
  for (const word of virtWhat(evidence)) say('virt-what', word);
  const environ = evidence
    .get('/proc/1/environ')
    ?.split(/[\0\n]/)
    .find((entry) => /^container=./.test(entry));
  if (environ !== undefined) sure.push(`The first process was started with ${quoted(environ)}.`);
  if (evidence.has('/run/.containerenv')) hints.push('/run/.containerenv is there.');
  if (evidence.has('/.dockerenv')) hints.push('/.dockerenv is there.');
  const group = linesOf(evidence, '/proc/1/cgroup').find((line) =>
    /[/:-](docker|lxc|kubepods|libpod|machine\.slice)\b/.test(line),
  );
  if (group !== undefined) hints.push(`The first process is in the control group ${quoted(group)}.`);
  if (sure.length === 0 && hints.length === 0) return undefined;

  // A virtual machine whose disk was made from a container's files keeps /.dockerenv, and systemd believes it.
  const root = rootMount(evidence);
  const onDisk = root !== undefined && /^\/dev\/(xvd|sd|vd|hd|nvme|mmcblk)/.test(root.device);
  const leftover =
    [...sure, ...hints].every((line) => /\bdocker(env)?\b|\.containerenv/.test(line)) &&
    group === undefined &&
    environ === undefined;
  if (onDisk && leftover) return undefined;
  return { confidence: sure.length > 0 ? 'certain' : 'likely', because: [...sure, ...hints] };
}
