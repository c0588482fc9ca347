import type { ActionGuard } from "./actions.ts";
import { MarketId } from "./units.ts";
import type { Work } from "./work.ts";

/** Whether its price is there, young enough, and on the right side. */
export function holds(work: Work, guard: ActionGuard): boolean {
  const view = work.views.get(MarketId(guard.market));
  if (view === undefined || view.market.indexTicks === 0) return false;
  if (work.batch.timeMs - view.market.indexTimeMs > guard.maxAgeMs) return false;
  const price = guard.op <= 2 ? view.market.indexTicks : view.mark;
  return guard.op % 2 === 1 ? price >= guard.priceTicks : price <= guard.priceTicks;
}
