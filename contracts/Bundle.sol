// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBundle} from "./interfaces/IBundle.sol";
import {IHub} from "./interfaces/IHub.sol";
import {IRollups} from "./interfaces/IRollups.sol";

/// @title Bundle
contract Bundle is IBundle {
    /// @dev Several times what settling costs, so that a rollup with code of its own cannot use up the rest's gas.
    uint256 private constant SETTLE_GAS_MAX = 250_000;
    /// @dev A call is given at most 63/64 of what is left.
    uint256 private constant GAS_LEFT_MIN = SETTLE_GAS_MAX + SETTLE_GAS_MAX / 63 + 10_000;

    /// @inheritdoc IBundle
    /// @dev The checkpoint comes first: whoever is second loses little, and nothing is settled or paid without it.
    function post(
        IHub hub,
        Anchor calldata anchor,
        Item[] calldata items,
        IRollups rollups,
        IRollups.Collection[] calldata collections,
        address poster
    ) external returns (uint256 done) {
        if (anchor.checkpoint.next == 0) {
            hub.finalize(anchor.checkpoint, anchor.head, anchor.absent, anchor.signature);
        } else {
            hub.rotate(
                anchor.checkpoint,
                anchor.head,
                anchor.absent,
                anchor.signature,
                anchor.committee,
                anchor.sealing
            );
        }
        (,, uint32 count,) = hub.latest();
        done = settle(count, items);
        if (collections.length != 0) rollups.collectMany(count, collections, poster);
    }

    /// @inheritdoc IBundle
    function settle(uint32 count, Item[] calldata items) public returns (uint256 done) {
        for (uint256 i = 0; i < items.length; i++) {
            Item calldata item = items[i];
            // An address without code would revert here, outside of what `catch` covers.
            if (address(item.settlement).code.length == 0) continue;
            if (gasleft() < GAS_LEFT_MIN) revert NotEnoughGas();
            try item.settlement.settle{gas: SETTLE_GAS_MAX}(count, item.totals, item.proof) {
                done++;
            } catch {}
        }
    }
}
