// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISettlement} from "./ISettlement.sol";

/// @title Settles many rollups in one transaction
/// @notice Holds nothing and is trusted with nothing; the hub's slots are read cold only once for all of them.
interface IBundle {
    struct Item {
        ISettlement settlement;
        ISettlement.Totals totals;
        bytes32[] proof;
    }

    /// @notice So little gas is left that a rollup could fail for want of it alone. Seen by gas estimation, which would
    /// otherwise settle for an amount with which nothing is settled.
    error NotEnoughGas();

    /// @notice Settles what can be settled from the hub's `count`-th checkpoint. A rollup that somebody settled first, or
    /// that refuses, does not hold up the others.
    /// @return done How many were settled.
    function settle(uint32 count, Item[] calldata items) external returns (uint256 done);
}
