const minuteMs = 60_000;
export const dayMs = 24 * 60 * minuteMs;
/** Of the day, so that ticks stand at full hours or at their usual parts. */
const minuteSteps = [1, 5, 15, 30, 60, 120, 180, 360, 720, 1440];

export interface TimeTick {
  /** In ms since 1970. */
  readonly time: number;
  readonly text: string;
}

interface Step {
  /** In ms; a month or a day may be longer. */
  readonly least: number;
  /** How long before the range the first one may begin, in ms. */
  readonly lead: number;
  readonly timeOf: (index: number) => number;
  readonly options: Intl.DateTimeFormatOptions;
}

/** Beginnings of months or days, or times of the day, in local time, not many more than `wanted`; never none. */
export function timeTicks(low: number, high: number, wanted: number): readonly TimeTick[] {
  const { least, lead, timeOf, options } = stepFor(low, high, wanted);
  const times: number[] = [];
  for (let index = 0; index * least <= high - low + lead; index += 1) {
    const time = timeOf(index);
    // Where clocks are put forward, two times of the day are one moment.
    if (time >= low && time <= high && time > (times.at(-1) ?? -Infinity)) times.push(time);
  }
  const shown = times.length > 0 ? times : [low, high];
  return shown.map((time) => ({ time, text: new Date(time).toLocaleString(undefined, options) }));
}

function stepFor(low: number, high: number, wanted: number): Step {
  const start = new Date(low);
  const [year, month, day] = [start.getFullYear(), start.getMonth(), start.getDate()];
  const days = (high - low) / dayMs;
  if (days > 300) {
    const step = Math.ceil(days / 30.4 / wanted);
    const timeOf = (index: number) => new Date(year, month + index * step, 1).getTime();
    return {
      least: step * 28 * dayMs,
      lead: 32 * dayMs,
      timeOf,
      options: { year: 'numeric', month: 'short' },
    };
  }
  if (days > 3) {
    const step = Math.ceil(days / wanted);
    const timeOf = (index: number) => new Date(year, month, day + index * step).getTime();
    return {
      least: step * 0.95 * dayMs,
      lead: 2 * dayMs,
      timeOf,
      options: { month: 'short', day: 'numeric' },
    };
  }
  const step = minuteSteps.find((one) => one * minuteMs * wanted >= high - low) ?? 1440;
  return {
    least: step * minuteMs,
    lead: 2 * dayMs,
    timeOf: (index) => new Date(year, month, day, 0, index * step).getTime(),
    options: { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' },
  };
}
