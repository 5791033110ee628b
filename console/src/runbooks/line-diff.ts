// What changed between two texts, line by line: the longest common subsequence by dynamic programming. Runbooks have at most
// 64 KiB; past LINES_MAX on either side what lies between the common head and tail is told as a whole. Pure.

export interface DiffLine {
  readonly kind: 'same' | 'added' | 'removed';
  readonly text: string;
  /** Line in the older text, the newer text; null where it is not. */
  readonly before: number | null;
  readonly after: number | null;
}

/** A table of 1,500 × 1,500 numbers is 9 MB and takes some ten milliseconds. */
const LINES_MAX = 1_500;

/** Lines of both, in order. */
export function diffLines(before: string, after: string): DiffLine[] {
  const old = before.split('\n');
  const fresh = after.split('\n');
  let head = 0;
  while (head < old.length && head < fresh.length && old[head] === fresh[head]) head += 1;
  let tail = 0;
  while (
    tail < old.length - head &&
    tail < fresh.length - head &&
    old[old.length - 1 - tail] === fresh[fresh.length - 1 - tail]
  )
    tail += 1;
  const lines: DiffLine[] = [];
  for (let at = 0; at < head; at += 1) lines.push(same(old, at, at));
  lines.push(...between(old, fresh, head, tail));
  for (let rest = tail; rest > 0; rest -= 1) lines.push(same(old, old.length - rest, fresh.length - rest));
  return lines;
}

function same(old: readonly string[], before: number, after: number): DiffLine {
  return { kind: 'same', text: old[before] ?? '', before: before + 1, after: after + 1 };
}

function between(old: readonly string[], fresh: readonly string[], head: number, tail: number): DiffLine[] {
  const oldEnd = old.length - tail;
  const freshEnd = fresh.length - tail;
  const rows = oldEnd - head;
  const columns = freshEnd - head;
  const lengths =
    rows > LINES_MAX || columns > LINES_MAX ? null : commonLengths(old, fresh, head, rows, columns);
  const lines: DiffLine[] = [];
  let row = 0;
  let column = 0;
  while (row < rows || column < columns) {
    const left = head + row;
    const right = head + column;
    if (lengths !== null && row < rows && column < columns && old[left] === fresh[right]) {
      lines.push(same(old, left, right));
      row += 1;
      column += 1;
    } else if (
      row < rows &&
      (lengths === null ||
        column >= columns ||
        (lengths[(row + 1) * (columns + 1) + column] ?? 0) >=
          (lengths[row * (columns + 1) + column + 1] ?? 0))
    ) {
      lines.push({ kind: 'removed', text: old[left] ?? '', before: left + 1, after: null });
      row += 1;
    } else {
      lines.push({ kind: 'added', text: fresh[right] ?? '', before: null, after: right + 1 });
      column += 1;
    }
  }
  return lines;
}

/** For each pair of places, how many lines the rests have in common. */
function commonLengths(
  old: readonly string[],
  fresh: readonly string[],
  head: number,
  rows: number,
  columns: number,
): Uint16Array {
  const width = columns + 1;
  const lengths = new Uint16Array((rows + 1) * width);
  for (let row = rows - 1; row >= 0; row -= 1)
    for (let column = columns - 1; column >= 0; column -= 1)
      lengths[row * width + column] =
        old[head + row] === fresh[head + column]
          ? (lengths[(row + 1) * width + column + 1] ?? 0) + 1
          : Math.max(lengths[(row + 1) * width + column] ?? 0, lengths[row * width + column + 1] ?? 0);
  return lengths;
}

/** Only what changed, with some lines around it: stretches, between which something was left out. */
export function changesOf(lines: readonly DiffLine[], around = 3): DiffLine[][] {
  const stretches: DiffLine[][] = [];
  let shownUntil = -1;
  lines.forEach(({ kind }, index) => {
    if (kind === 'same') return;
    const from = Math.max(index - around, shownUntil + 1);
    const to = Math.min(lines.length - 1, index + around);
    const fresh = lines.slice(from, to + 1);
    if (from > shownUntil + 1 || stretches.length === 0) stretches.push(fresh);
    else stretches.at(-1)?.push(...fresh);
    shownUntil = Math.max(shownUntil, to);
  });
  return stretches;
}
