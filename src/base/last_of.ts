/** Negative when `a` comes before `b`. */
export type Order<T> = (a: T, b: T) => number;

/** So few are found in one pass. */
const FEW = 16;

/** The last `count` of `items` in `order`, in that order; of equal ones those that come later in `items`. */
export function lastOf<T>(items: readonly T[], order: Order<T>, count: number): readonly T[] {
  if (count <= 0) return [];
  if (count > FEW) return [...items].sort(order).slice(-count);
  const last: T[] = [];
  for (const item of items) {
    if (last.length === count && order(last[0] as T, item) > 0) continue;
    const place = last.findIndex((each) => order(each, item) > 0);
    last.splice(place < 0 ? last.length : place, 0, item);
    if (last.length > count) last.shift();
  }
  return last;
}
