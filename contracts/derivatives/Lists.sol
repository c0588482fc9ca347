// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Leaves} from "./Leaves.sol";
import {Margin} from "./Margin.sol";
import {Views} from "./Views.sol";
import {Witness} from "./Witness.sol";
import {ISteps} from "../interfaces/ISteps.sol";

/// @title Lists of actions: who signed them, and what an account's orders are
/// @notice The types of EIP-712 are those of rollup/intents.ts. The words of a list are: account, key, nonce, validUntilMs,
/// relayTip, relayer, the action's place, the signature's r, s and parity, how many actions there are, and their hashes.
library Lists {
    using Witness for Witness.Run;

    uint256 private constant ACTIONS_MAX = 64;
    uint256 private constant NONCE_MAX = 2 ** 47 - 1;
    uint256 private constant TIME_MAX = 2 ** 53 - 1;
    /// @dev What the open orders of a chunk's accounts may come to, so that showing a lie in it fits into a transaction. Of a
    /// single step there may be any number.
    uint256 private constant WEIGHT_MAX = 64;
    uint256 private constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;

    bytes32 private constant DOMAIN_TYPE = keccak256(
        "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
    );
    bytes32 private constant LIST_TYPE = keccak256(
        "Actions(uint32 account,uint8 key,uint64 nonce,uint64 validUntilMs,uint128 relayTip,address relayer,bytes32[] actionHashes)"
    );

    struct List {
        uint256 account;
        uint256 key;
        uint256 nonce;
        uint256 validUntilMs;
        uint256 place;
        bytes32 actionHash;
        address signer;
    }

    /// @dev Who acts, and all that the account's worst case depends on. `orders` are all that it has open.
    struct Actor {
        Witness.Leaf leaf;
        Leaves.Account account;
        Leaves.Key key;
        Views.View[] views;
        bool areAllViews;
        Leaves.Order[] orders;
    }

    function domainOf(address settlement, uint256 rollupId) internal view returns (bytes32) {
        return keccak256(
            abi.encode(
                DOMAIN_TYPE, keccak256("DerivRollup"), keccak256("1"), block.chainid, settlement, rollupId
            )
        );
    }

    /// @notice Reads a list; the run is bad when it is none.
    function read(Witness.Run memory run, bytes32 domain) internal pure returns (List memory list) {
        list.account = run.upTo(type(uint32).max);
        list.key = run.upTo(type(uint8).max);
        list.nonce = run.upTo(NONCE_MAX);
        list.validUntilMs = run.upTo(TIME_MAX);
        uint256 relayTip = run.upTo(type(uint128).max);
        uint256 relayer = run.upTo(type(uint160).max);
        list.place = run.upTo(ACTIONS_MAX - 1);
        bytes32 r = bytes32(run.word());
        uint256 s = run.upTo(HALF_ORDER);
        uint256 parity = run.upTo(1);
        bytes32[] memory hashes = new bytes32[](run.upTo(ACTIONS_MAX));
        for (uint256 i = 0; i < hashes.length; i++) {
            hashes[i] = bytes32(run.word());
        }
        if (run.isBad || list.place >= hashes.length || list.nonce == 0) {
            run.isBad = true;
            return list;
        }
        list.actionHash = hashes[list.place];
        bytes32 message = keccak256(
            abi.encode(
                LIST_TYPE,
                list.account,
                list.key,
                list.nonce,
                list.validUntilMs,
                relayTip,
                relayer,
                keccak256(abi.encodePacked(hashes))
            )
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", domain, message));
        list.signer = ecrecover(digest, uint8(27 + parity), r, bytes32(s));
    }

    /// @notice The account of a list, when the list may act for it now. Leaves: the account, with its keys when it is not the
    /// owner's list.
    /// @dev Not shown here: that the nonce was not used before.
    function authorize(Witness.Run memory run, List memory list)
        internal
        pure
        returns (bool isAllowed, Actor memory actor)
    {
        if (list.account < Leaves.TRADERS || list.account >= run.parts.accounts.count) {
            return (false, actor);
        }
        uint256 timeMs = run.parts.globals.timeMs;
        if (list.signer == address(0) || list.validUntilMs < timeMs) return (false, actor);
        actor.leaf = run.take(Witness.ACCOUNTS, list.account);
        actor.account = Witness.toAccount(actor.leaf);
        if (list.key == 0) return (list.signer == actor.account.owner, actor);
        if (actor.account.keysHash == 0) return (false, actor);
        if (keccak256(actor.leaf.extra) != actor.account.keysHash) revert ISteps.BadWitness();
        Leaves.Key[] memory keys = abi.decode(actor.leaf.extra, (Leaves.Key[]));
        for (uint256 i = 0; i < keys.length; i++) {
            if (keys[i].place != list.key) continue;
            actor.key = keys[i];
            return (keys[i].signer == list.signer && keys[i].expiryMs >= timeMs, actor);
        }
        return (false, actor);
    }

    /// @notice Whether a chunk may ask for so many open orders more.
    function isBearable(Witness.Run memory run, Actor memory actor) internal pure returns (bool) {
        bool isFirst = run.weight == 0;
        run.weight += uint256(actor.account.openOrders) + 1;
        return isFirst || run.weight <= WEIGHT_MAX;
    }

    /// @notice Whether the market is there; reverts when the witness leaves that open.
    function hasView(Actor memory actor, uint256 market) internal pure returns (bool) {
        for (uint256 i = 0; i < actor.views.length; i++) {
            if (actor.views[i].market.id == market) return true;
        }
        if (!actor.areAllViews) revert ISteps.BadWitness();
        return false;
    }

    /// @notice The next of an account's open orders: they ascend by slot, so that as many as the account counts are all of them.
    function takeOrder(Witness.Run memory run, List memory list, uint256 from)
        internal
        pure
        returns (Witness.Leaf memory leaf, Leaves.Order memory order)
    {
        leaf = run.takeAny(Witness.ORDERS);
        if (leaf.index < from || leaf.content.length == 0) revert ISteps.BadWitness();
        order = abi.decode(leaf.content, (Leaves.Order));
        if (order.account != list.account) revert ISteps.BadWitness();
    }

    /// @notice What the account has beyond all that its positions and open orders ask for.
    function excessOf(Witness.Run memory run, Actor memory actor) internal pure returns (int256) {
        return Margin.excessOf(actor.views, actor.account, actor.orders, run.rollup.batchIntervalMs);
    }
}
