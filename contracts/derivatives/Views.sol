// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Leaves} from "./Leaves.sol";
import {Rounding} from "./Rounding.sol";

/// @title A market as one batch sees it
/// @notice From the market's leaf and the globals as they stand from phase 0 of a batch on: rollup/engine/market-view.ts and
/// halts.ts. What it does not know is the book: the best prices that rested before the batch are in no leaf.
library Views {
    uint256 private constant STALE_MS = 15_000;
    uint256 private constant HALT_MS = 60_000;
    uint256 private constant SCALE_PPM_MAX = 1_000_000_000;
    uint256 private constant UNSURE_PPM = 10_000;
    uint256 private constant UNSURE_MS = 15_000;

    enum Gate {
        OPEN,
        STRESSED,
        CLOSED
    }

    /// @dev What all markets of a batch have in common.
    struct Now {
        uint256 batch;
        Leaves.Globals globals;
        Leaves.RollupParameters rollup;
    }

    struct View {
        uint256 place;
        Leaves.Market market;
        Leaves.MarketParameters parameters;
        uint256 mark;
        uint256 markUnit;
        uint256 low;
        uint256 high;
        uint256 scalePpm;
        uint256 waitMs;
        bool isAuctionDue;
        bool mayAddRisk;
        bool mayReduce;
        bool isPostOnly;
        Gate withdrawals;
    }

    function viewOf(
        Now memory now_,
        uint256 place,
        Leaves.Market memory market,
        Leaves.MarketParameters memory p
    ) internal pure returns (View memory seen) {
        uint256 mark = market.markTicks;
        seen.place = place;
        seen.market = market;
        seen.parameters = p;
        seen.mark = mark;
        seen.markUnit = mark * p.unit;
        seen.low = Rounding.max(1, Rounding.ceilDiv(mark * (Rounding.PPM - p.bandPpm), Rounding.PPM));
        seen.high = Rounding.min(Rounding.TICKS_MAX, mark * (Rounding.PPM + p.bandPpm) / Rounding.PPM);
        uint256 scale = Rounding.ceilDiv(uint256(market.openLots) * Rounding.PPM, p.openLotsScale);
        seen.scalePpm = Rounding.min(SCALE_PPM_MAX, Rounding.max(Rounding.PPM, scale));
        seen.waitMs = since(now_.globals.timeMs, market.indexTimeMs)
            + since(anchorAgeMs(now_.globals), now_.rollup.anchorGraceMs)
            + (market.confidencePpm > UNSURE_PPM ? UNSURE_MS : 0);
        _permit(now_, seen);
    }

    function _permit(Now memory now_, View memory seen) private pure {
        Leaves.Market memory market = seen.market;
        Leaves.RollupParameters memory rollup = now_.rollup;
        seen.withdrawals = Gate.CLOSED;
        if (isHalted(market, now_) || market.resumedBatch == 0) return;
        uint256 sinceRestart = now_.batch - market.resumedBatch;
        if (sinceRestart < rollup.restartBatches) return;
        bool isStale =
            since(now_.globals.timeMs, market.indexTimeMs) > STALE_MS || market.confirmationsLeft != 0;
        bool isAnchorLate = anchorAgeMs(now_.globals) > rollup.anchorSoftMs;
        seen.isAuctionDue = now_.batch % seen.parameters.auctionEvery == 0;
        seen.mayAddRisk = !isStale && !isAnchorLate && market.openLots < seen.parameters.openLotsMax;
        seen.mayReduce = true;
        seen.isPostOnly = sinceRestart < 2 * uint256(rollup.restartBatches);
        seen.withdrawals = isStale ? Gate.STRESSED : Gate.OPEN;
    }

    function isHalted(Leaves.Market memory market, Now memory now_) internal pure returns (bool) {
        return market.indexTicks == 0 || since(now_.globals.timeMs, market.indexTimeMs) > HALT_MS
            || isRollupHalted(now_);
    }

    function isRollupHalted(Now memory now_) internal pure returns (bool) {
        Leaves.Globals memory globals = now_.globals;
        uint256 hardMs = now_.rollup.anchorHardMs;
        return globals.l1TimeMs == 0 || since(globals.timeMs, globals.l1HeardMs) > hardMs
            || anchorAgeMs(globals) > hardMs;
    }

    function anchorAgeMs(Leaves.Globals memory globals) internal pure returns (uint256) {
        return since(globals.timeMs, globals.anchoredTimeMs);
    }

    /// @dev Zero when it is ahead.
    function since(uint256 now_, uint256 then) internal pure returns (uint256) {
        return now_ > then ? now_ - then : 0;
    }
}
