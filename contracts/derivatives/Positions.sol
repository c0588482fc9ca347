// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Leaves} from "./Leaves.sol";
import {Rounding} from "./Rounding.sol";

/// @title An account's positions: ascending by market, and none of no size
library Positions {
    /// @notice A market's position and its place; of no size, and the place where it would be, when there is none.
    function find(Leaves.Account memory account, uint32 market)
        internal
        pure
        returns (uint256 place, Leaves.Position memory position)
    {
        Leaves.Position[] memory positions = account.positions;
        while (place < positions.length && positions[place].market < market) place++;
        if (place < positions.length && positions[place].market == market) return (place, positions[place]);
        position.market = market;
    }

    /// @notice What a position was entered for, once lots are added to it that were traded for `quote`.
    function entryAfter(Leaves.Position memory position, int256 lots, uint256 quote)
        internal
        pure
        returns (uint256)
    {
        int256 before = position.lots;
        int256 afterwards = before + lots;
        if (afterwards == 0) return 0;
        if (before == 0 || before > 0 == lots > 0) return position.entryQuote + quote;
        // Through zero: what is left was entered at this trade's price.
        if (afterwards > 0 != before > 0) return quote * Rounding.abs(afterwards) / Rounding.abs(lots);
        return position.entryQuote * Rounding.abs(afterwards) / Rounding.abs(before);
    }

    /// @notice Puts a position in its place, or takes it out when it has no size.
    function put(Leaves.Account memory account, uint256 place, Leaves.Position memory position)
        internal
        pure
    {
        Leaves.Position[] memory positions = account.positions;
        bool isThere = place < positions.length && positions[place].market == position.market;
        if (isThere && position.lots != 0) {
            positions[place] = position;
            return;
        }
        if (!isThere && position.lots == 0) return;
        uint256 count = isThere ? positions.length - 1 : positions.length + 1;
        Leaves.Position[] memory changed = new Leaves.Position[](count);
        for (uint256 i = 0; i < count; i++) {
            if (i < place) changed[i] = positions[i];
            else if (isThere) changed[i] = positions[i + 1];
            else changed[i] = i == place ? position : positions[i - 1];
        }
        account.positions = changed;
    }
}
