import { count, plain } from '../src/report/format';
import type { ComparedBy, ReportModel } from '../src/report/shape';
import { el, type Child } from './dom';
import type { PageActions, Shown } from './metricView';

/** Who is compared with whom: guests, and modes where one has several guests. */
export function pickerOf(
  { model, baseline, candidate }: Shown,
  actions: Pick<PageActions, 'choose'>,
): Child[] {
  if (baseline === undefined || candidate === undefined) return [];
  // Choosing the other side's guest swaps the two. A guest beside modes, or a mode beside guests, changes both sides.
  const chooseCandidate = (by: ComparedBy, key: string) =>
    by === model.by
      ? actions.choose(key === baseline ? candidate : baseline, key, by)
      : actions.choose('', key, by);
  const chooseBaseline = (by: ComparedBy, key: string) =>
    by === model.by
      ? actions.choose(key, key === candidate ? baseline : candidate, by)
      : actions.choose(key, '', by);
  const mark = (shape: string) => el('span', { 'aria-hidden': 'true' }, shape);
  return [
    el(
      'span',
      { class: 'pick' },
      el('label', { for: 'pick-candidate' }, mark('■'), ' Candidate'),
      selectOf(model, 'candidate', candidate, chooseCandidate),
    ),
    el(
      'span',
      { class: 'pick' },
      el('label', { for: 'pick-baseline' }, mark('●'), ' against baseline'),
      selectOf(model, 'baseline', baseline, chooseBaseline),
    ),
    model.by === 'mode'
      ? el(
          'span',
          { class: 'muted' },
          'Each guest counts as one value: the guests of a mode are its replicates.',
        )
      : null,
  ];
}

function selectOf(
  model: ReportModel,
  role: 'baseline' | 'candidate',
  chosen: string,
  onChoose: (by: ComparedBy, key: string) => void,
): HTMLElement {
  const made = el('select', { id: `pick-${role}`, 'data-focus': `pick-${role}` });
  const option = (by: ComparedBy, key: string, text: string) => {
    const one = el('option', { value: by === 'guest' ? key : `mode:${key}`, 'data-by': by }, text);
    one.selected = by === model.by && key === chosen;
    return one;
  };
  const guests = model.guests.map(({ key, mode }) =>
    option('guest', key, `${mode === 'unknown' ? '' : `${mode} · `}${plain(key)}`),
  );
  const modes = model.modes.map(({ mode, guests: own }) =>
    option('mode', mode, `${mode} · ${count(own.length, 'guest')}`),
  );
  if (modes.length === 0) made.append(...guests);
  else {
    made.append(el('optgroup', { label: 'Modes' }, ...modes), el('optgroup', { label: 'Guests' }, ...guests));
  }
  made.addEventListener('change', () => {
    const picked = made.options[made.selectedIndex];
    if (picked === undefined) return;
    const by = picked.getAttribute('data-by') === 'mode' ? 'mode' : 'guest';
    onChoose(by, by === 'mode' ? picked.value.slice('mode:'.length) : picked.value);
  });
  return made;
}
