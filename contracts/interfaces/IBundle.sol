// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IHub} from "./IHub.sol";
import {IRollups} from "./IRollups.sol";
import {ISettlement} from "./ISettlement.sol";

/// @title Brings a checkpoint, settles many rollups, and collects what they have spent, in one transaction
/// @notice Holds nothing and is trusted with nothing; the hub's slots are read cold only once for all of them.
interface IBundle {
    /// @notice A checkpoint with what `IHub.finalize` takes, or `IHub.rotate` where it hands over; else the last two are zero.
    struct Anchor {
        IHub.Checkpoint checkpoint;
        bytes head;
        bytes absent;
        bytes signature;
        bytes32 committee;
        bytes32 sealing;
    }

    struct Item {
        ISettlement settlement;
        ISettlement.Totals totals;
        bytes32[] proof;
    }

    /// @notice So little gas is left that a rollup could fail for want of it alone. Seen by gas estimation, which would
    /// otherwise settle for an amount with which nothing is settled.
    error NotEnoughGas();

    /// @notice Makes a checkpoint final, settles what can be settled from it, and collects from the rollups of `collections`.
    /// Fails as a whole where the hub or the registry refuses.
    /// @param poster Has its part of what is collected, see `IRollups.collect`.
    /// @return done How many were settled.
    function post(
        IHub hub,
        Anchor calldata anchor,
        Item[] calldata items,
        IRollups rollups,
        IRollups.Collection[] calldata collections,
        address poster
    ) external returns (uint256 done);

    /// @notice Settles what can be settled from the hub's `count`-th checkpoint. A rollup that somebody settled first, or
    /// that refuses, does not hold up the others.
    /// @return done How many were settled.
    function settle(uint32 count, Item[] calldata items) external returns (uint256 done);
}
