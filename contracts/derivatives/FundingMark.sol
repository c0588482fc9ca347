// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DenseTree} from "./DenseTree.sol";
import {Leaves} from "./Leaves.sol";
import {Rounding} from "./Rounding.sol";
import {Views} from "./Views.sol";
import {Witness} from "./Witness.sol";

/// @title A market's turn in phase 0: its halt, its mark, and funding on the hour
/// @notice As rollup/engine/halts.ts and funding.ts. Until its chunks are through the globals tell the time of the batch before;
/// the chunk that closes them moves the clock, so that funding is paid for the time that the root says.
library FundingMark {
    using Witness for Witness.Run;

    int256 private constant PPM = 1_000_000;
    int256 private constant PPB = 1_000_000_000;
    uint256 private constant HOUR_MS = 3_600_000;
    int256 private constant CORRECTION_PPB_MAX = 500_000;
    /// @dev The rate is that of eight hours, and paid hourly.
    int256 private constant RATE_PARTS_PER_HOUR = 8_000_000_000;
    uint256 private constant BASIS_BITS = 16;

    /// @notice Words: the market's place. Leaves: the market.
    /// @dev Not shown here: that each market has had its turn, and has had it once.
    function step(Witness.Run memory run, uint64 timeMs) internal pure returns (bool isAllowed) {
        uint256 place = run.upTo(type(uint32).max);
        if (run.isBad || place >= run.parts.markets.count) return false;
        Leaves.Globals memory globals = run.parts.globals;
        uint64 beforeMs = globals.timeMs;
        if (timeMs < beforeMs) return false;
        Witness.Leaf memory leaf = run.take(Witness.MARKETS, place);
        (Leaves.Market memory market, Leaves.MarketParameters memory p) = Witness.toMarket(leaf);
        globals.timeMs = timeMs;
        if (!_noteHalt(run.nowOf(), market)) _moveMark(market, p);
        isAllowed = timeMs / HOUR_MS == beforeMs / HOUR_MS || _payFunding(market, p);
        globals.timeMs = beforeMs;
        run.put(leaf, Leaves.hash(market));
    }

    function _noteHalt(Views.Now memory now_, Leaves.Market memory market)
        private
        pure
        returns (bool isHalted)
    {
        isHalted = Views.isHalted(market, now_);
        if (isHalted) {
            market.resumedBatch = 0;
            if (market.openLots != 0) now_.globals.haltedBatch = uint64(now_.batch);
        } else if (market.resumedBatch == 0) {
            market.resumedBatch = uint64(now_.batch);
        }
    }

    /// @dev Between the index and what it traded at, and never far in one batch.
    function _moveMark(Leaves.Market memory market, Leaves.MarketParameters memory p) private pure {
        int256 index = int256(uint256(market.indexTicks));
        int256 mark = int256(uint256(market.markTicks));
        int256 last = int256(uint256(market.lastAuctionTicks));
        int256 band = index * int256(uint256(p.bandPpm)) / PPM;
        int256 traded = last == 0 ? index : Rounding.clamp(last, index - band, index + band);
        int256 target = _medianOf(index, index + (int256(market.basis) >> BASIS_BITS), traded);
        int256 cap = mark * int256(uint256(p.moveCapPpm)) / PPM;
        if (cap < 1) cap = 1;
        target = Rounding.clamp(target, mark - cap, mark + cap);
        market.markTicks = uint32(uint256(Rounding.clamp(target, 1, int256(Rounding.TICKS_MAX))));
    }

    /// @dev False when the index leaves its width.
    function _payFunding(Leaves.Market memory market, Leaves.MarketParameters memory p)
        private
        pure
        returns (bool)
    {
        uint256 staleMs = market.staleMs;
        uint256 count = market.premiumCount;
        int256 sum = market.premiumSum;
        int256 index = int256(uint256(market.indexTicks));
        market.premiumSum = 0;
        market.premiumCount = 0;
        market.staleMs = 0;
        if (2 * staleMs > HOUR_MS || count == 0 || index == 0) return true;
        int256 average = Rounding.floorDiv(sum * PPB, int256(count) * index);
        int256 correction = Rounding.clamp(p.interestPpb - average, -CORRECTION_PPB_MAX, CORRECTION_PPB_MAX);
        int256 cap = int256(uint256(p.fundingCapPpb));
        int256 rate = Rounding.clamp(average + correction, -cap, cap);
        int256 worth = int256(uint256(market.markTicks) * p.unit);
        int256 after_ = market.fundingIndex + Rounding.floorDiv(worth * rate, RATE_PARTS_PER_HOUR);
        if (after_ > type(int128).max || after_ < type(int128).min) return false;
        market.fundingIndex = int128(after_);
        return true;
    }

    function _medianOf(int256 a, int256 b, int256 c) private pure returns (int256) {
        if (a > b) (a, b) = (b, a);
        return Rounding.clamp(c, a, b);
    }
}
