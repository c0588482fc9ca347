// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Leaves} from "./Leaves.sol";
import {Rounding} from "./Rounding.sol";
import {Views} from "./Views.sol";

/// @title What an account is worth and what it must be worth
/// @notice For its positions, and for the worst that its open orders could make of them: rollup/engine/margin.ts to the last
/// quantum. Views are found by id; an account's markets must all be among them.
library Margin {
    uint256 private constant BUFFER_MS_MAX = 900_000;

    /// @notice A market that the account is in is not among the views.
    error NoView(uint32 market);

    struct Requirement {
        uint256 maintenance;
        uint256 buffer;
        uint256 initial;
    }

    struct Risk {
        int256 equity;
        uint256 maintenance;
        uint256 buffer;
        uint256 initial;
    }

    /// @dev One market's part in the worst case.
    struct Sums {
        int256 lots;
        uint256 bids;
        uint256 asks;
        uint256 loss;
        uint256 count;
    }

    function find(Views.View[] memory views, uint32 market) internal pure returns (Views.View memory) {
        for (uint256 i = 0; i < views.length; i++) {
            if (views[i].market.id == market) return views[i];
        }
        revert NoView(market);
    }

    /// @notice What a position of so many lots must be backed by, above 0 for long.
    function requirementOf(Views.View memory seen, int256 lots, uint256 intervalMs)
        internal
        pure
        returns (Requirement memory needed)
    {
        Leaves.Tier[] memory tiers = seen.parameters.tiers;
        if (lots == 0 || tiers.length == 0) return needed;
        uint256 notional = Rounding.abs(lots) * seen.markUnit;
        uint256 tier = 0;
        while (tier < tiers.length - 1 && notional > tiers[tier].notionalMax) tier++;
        uint256 initialPpm = Rounding.min(
            Rounding.PPM, Rounding.ceilDiv(tiers[tier].initialPpm * seen.scalePpm, Rounding.PPM)
        );
        needed.maintenance = Rounding.ceilDiv(notional * tiers[tier].maintenancePpm, Rounding.PPM);
        needed.buffer = Rounding.ceilDiv(notional * bufferPpmOf(seen, lots, intervalMs), Rounding.PPM);
        needed.initial = Rounding.ceilDiv(notional * initialPpm, Rounding.PPM) + needed.buffer;
    }

    /// @notice How far the price may move until the position is closed.
    function bufferPpmOf(Views.View memory seen, int256 lots, uint256 intervalMs)
        internal
        pure
        returns (uint256)
    {
        Leaves.MarketParameters memory p = seen.parameters;
        if (p.bufferMode == 0 || seen.market.variance == 0) return 0;
        uint256 slices = Rounding.ceilDiv(Rounding.abs(lots), _depthShare(seen, lots > 0));
        uint256 timeMs =
            Rounding.min(BUFFER_MS_MAX, seen.waitMs + Rounding.min(BUFFER_MS_MAX, slices * intervalMs));
        uint256 deviation = Math.sqrt(seen.market.variance * timeMs / 1_000) + 1;
        return Rounding.min(p.bufferPpmMax, Rounding.ceilDiv(deviation * p.bufferMilliSigmas, 1_000));
    }

    /// @dev What a liquidation may take of one side in a batch. Those who are long sell to the bids.
    function _depthShare(Views.View memory seen, bool isLong) private pure returns (uint256) {
        uint256 resting = isLong ? seen.market.bidDepth : seen.market.askDepth;
        uint256 depth = Rounding.max(seen.parameters.depthLotsMin, resting);
        return Rounding.max(1, depth * seen.parameters.participationPpm / Rounding.PPM);
    }

    /// @notice Of the positions alone.
    function riskOf(Views.View[] memory views, Leaves.Account memory account, uint256 intervalMs)
        internal
        pure
        returns (Risk memory risk)
    {
        risk.equity = account.cash;
        for (uint256 i = 0; i < account.positions.length; i++) {
            Leaves.Position memory position = account.positions[i];
            Views.View memory seen = find(views, position.market);
            risk.equity += _worthOf(position, seen);
            Requirement memory needed = requirementOf(seen, position.lots, intervalMs);
            risk.maintenance += needed.maintenance;
            risk.buffer += needed.buffer;
            risk.initial += needed.initial;
        }
    }

    function _worthOf(Leaves.Position memory position, Views.View memory seen) private pure returns (int256) {
        int256 lots = position.lots;
        return
            lots * int256(seen.markUnit) - lots * (int256(seen.market.fundingIndex) - position.fundingIndex);
    }

    /// @notice What is left of an account's worth once every open order has lost, paid and asked for all that it can; below 0
    /// it could not bear it.
    function excessOf(
        Views.View[] memory views,
        Leaves.Account memory account,
        Leaves.Order[] memory orders,
        uint256 intervalMs
    ) internal pure returns (int256 excess) {
        excess = account.cash;
        for (uint256 i = 0; i < account.positions.length; i++) {
            Leaves.Position memory position = account.positions[i];
            excess += _worthOf(position, find(views, position.market));
        }
        for (uint256 i = 0; i < orders.length; i++) {
            find(views, orders[i].market);
        }
        for (uint256 i = 0; i < views.length; i++) {
            Sums memory sums = sumsOf(views[i], account, orders);
            excess -= int256(_reserveOf(views[i], sums) + _worstOf(views[i], sums, intervalMs));
        }
    }

    /// @notice A market's position, and its plain orders: those that may add to it.
    function sumsOf(Views.View memory seen, Leaves.Account memory account, Leaves.Order[] memory orders)
        internal
        pure
        returns (Sums memory sums)
    {
        sums.lots = lotsOf(account, seen.market.id);
        for (uint256 i = 0; i < orders.length; i++) {
            Leaves.Order memory order = orders[i];
            if (order.market != seen.market.id || order.flags & Leaves.REDUCE_ONLY != 0) continue;
            if (order.isBuy) sums.bids += order.lots;
            else sums.asks += order.lots;
            sums.loss += adverseTicks(seen, order) * order.lots * seen.parameters.unit;
            sums.count++;
        }
    }

    function lotsOf(Leaves.Account memory account, uint32 market) internal pure returns (int256) {
        for (uint256 i = 0; i < account.positions.length; i++) {
            if (account.positions[i].market == market) return account.positions[i].lots;
        }
        return 0;
    }

    /// @dev Each side is asked for itself: the buffer depends on which side of the book would close it.
    function _worstOf(Views.View memory seen, Sums memory sums, uint256 intervalMs)
        private
        pure
        returns (uint256)
    {
        return Rounding.max(
            requirementOf(seen, sums.lots + int256(sums.bids), intervalMs).initial,
            requirementOf(seen, sums.lots - int256(sums.asks), intervalMs).initial
        );
    }

    /// @dev A fill rounds its fee up by less than one quantum for each order.
    function _reserveOf(Views.View memory seen, Sums memory sums) private pure returns (uint256) {
        uint256 open = sums.bids + sums.asks;
        if (open == 0) return sums.loss;
        uint256 feeUnit = feeUnitOf(seen, seen.parameters.takerFeePpm);
        return sums.loss + Rounding.ceilDiv(open * feeUnit, Rounding.PPM) + sums.count;
    }

    /// @notice By how many ticks a fill at the limit is worse than the mark.
    function adverseTicks(Views.View memory seen, Leaves.Order memory order) internal pure returns (uint256) {
        if (order.isBuy) {
            uint256 highest = Rounding.min(order.priceTicks, seen.high);
            return highest > seen.mark ? highest - seen.mark : 0;
        }
        uint256 lowest = Rounding.max(order.priceTicks, seen.low);
        return seen.mark > lowest ? seen.mark - lowest : 0;
    }

    /// @notice Millionths of quanta for each lot, at the highest price at which it can trade.
    function feeUnitOf(Views.View memory seen, uint256 feePpm) internal pure returns (uint256) {
        return Rounding.max(seen.high, seen.mark) * seen.parameters.unit * feePpm;
    }
}
