// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bundle} from "../../contracts/Bundle.sol";
import {Hub} from "../../contracts/Hub.sol";
import {Settlement} from "../../contracts/Settlement.sol";
import {IBundle} from "../../contracts/interfaces/IBundle.sol";
import {IHub} from "../../contracts/interfaces/IHub.sol";
import {IRollups, RollupId} from "../../contracts/interfaces/IRollups.sol";
import {ISettlement} from "../../contracts/interfaces/ISettlement.sol";
import {Keys} from "./support/Keys.sol";
import {SettlementTest} from "./support/SettlementTest.sol";
import {TestCommittee, TestCommittees} from "./support/TestCommittee.sol";

/// @notice What the calls of every day cost, without a transaction's base and calldata; kept in snapshots/gas.json, from
/// which `npm run gas` accepts no drift. Whole transactions are measured in gas.test.ts.
/// @dev What setUp touches is cold again in a test, so all that a call needs is made there.
abstract contract GasTest is SettlementTest {
    struct Call {
        address to;
        bytes data;
    }

    mapping(string name => Call) internal calls;

    function measure(string memory name) internal {
        Call memory call = calls[name];
        (bool ok,) = call.to.call(call.data);
        assertTrue(ok, name);
        vm.snapshotGasLastCall("gas", name);
    }
}

contract GasFinalizeTest is GasTest {
    using TestCommittees for TestCommittee;

    function setUp() external {
        _prepare("finalize: 4 members, none absent", 4, 0);
        _prepare("finalize: 4 members, 1 absent", 4, 1);
        _prepare("finalize: 64 members, none absent", 64, 0);
        _prepare("finalize: 64 members, 21 absent", 64, 21);
    }

    function test_finalize() external {
        measure("finalize: 4 members, none absent");
        measure("finalize: 4 members, 1 absent");
        measure("finalize: 64 members, none absent");
        measure("finalize: 64 members, 21 absent");
    }

    function _prepare(string memory name, uint256 count, uint256 absent) private {
        TestCommittee memory members = TestCommittees.make(count, count, 1);
        Hub target = deploy(members);
        // Once round the ring, as it is for all of a hub's life but the first hours.
        for (uint64 number = 1; number <= 64; number++) {
            finalize(target, members, 0, checkpointOf(number, keccak256(abi.encode(number))));
        }
        uint256 mask = (1 << absent) - 1;
        IHub.Checkpoint memory next = checkpointOf(65, keccak256("root"));
        bytes memory signature = signatureOf(target, members, mask, next);
        bytes memory data =
            abi.encodeCall(IHub.finalize, (next, members.head, members.entries(mask), signature));
        calls[name] = Call(address(target), data);
    }
}

contract GasRollupTest is GasTest {
    Bundle private bundle = Bundle(deployArtifact("Bundle.sol/Bundle", ""));

    function setUp() external {
        open(8);
        token.mint(address(this), 9e6);
        token.approve(address(rollups), 9e6);
        for (uint32 id = 0; id < 8; id++) {
            rollups.fund(RollupId.wrap(id), 1e6);
        }
        _prepareSettle();
        _prepareRegister();
        calls["subscribe"] =
            Call(address(rollups), abi.encodeCall(rollups.subscribe, (address(this), OWNER, 3)));
        calls["fund"] = Call(address(rollups), abi.encodeCall(rollups.fund, (RollupId.wrap(0), 1e6)));
        _prepareForce();
        bytes memory message = abi.encode(keccak256("1"), keccak256("2"), keccak256("3"), keccak256("4"));
        calls["enqueue: 128 bytes"] =
            Call(address(settlements[0]), abi.encodeCall(ISettlement.enqueue, (message)));
    }

    function test_settle_alone() external {
        measure("settle: 1 of 8");
    }

    function test_settle_in_a_bundle() external {
        measure("settle: 8 in a bundle");
    }

    function test_collect() external {
        measure("collect: 1 of 8");
    }

    function test_post() external {
        measure("post: 8 settled and collected");
    }

    function test_force() external {
        measure("force");
    }

    function test_register() external {
        measure("register");
    }

    function test_subscribe() external {
        measure("subscribe");
    }

    function test_fund() external {
        measure("fund");
    }

    function test_enqueue() external {
        measure("enqueue: 128 bytes");
    }

    function _prepareSettle() private {
        // The first round makes slots, the second changes them, and the third is posted.
        (uint32 count, IBundle.Item[] memory items) = _round(1);
        bundle.settle(count, items);
        rollups.collectMany(count, _collections(items), address(0));
        (count, items) = _round(2);
        IRollups.Collection memory one = _collections(items)[5];
        calls["collect: 1 of 8"] = Call(
            address(rollups),
            abi.encodeCall(IRollups.collect, (one.id, count, one.totals, one.proof, address(0)))
        );
        calls["settle: 1 of 8"] = Call(
            address(settlements[5]),
            abi.encodeCall(ISettlement.settle, (count, items[5].totals, items[5].proof))
        );
        calls["settle: 8 in a bundle"] = Call(address(bundle), abi.encodeCall(IBundle.settle, (count, items)));
        _preparePost();
    }

    function _preparePost() private {
        (bytes32 root, IBundle.Item[] memory items) = _unanchored(3);
        (uint64 number,,,) = hub.latest();
        IHub.Checkpoint memory checkpoint = checkpointOf(number + 1, root);
        bytes memory signature = Keys.sign(SECRET_ALONE, hub.checkpointDigest(checkpoint));
        IBundle.Anchor memory brought = IBundle.Anchor(checkpoint, headAlone(), "", signature, 0, 0);
        calls["post: 8 settled and collected"] = Call(
            address(bundle),
            abi.encodeCall(IBundle.post, (hub, brought, items, rollups, _collections(items), OWNER))
        );
    }

    function _prepareForce() private {
        Settlement other = deploySettlement(hub, DELAY);
        other.enqueue("do it");
        vm.warp(block.timestamp + 1 days);
        calls["force"] = Call(address(other), abi.encodeCall(ISettlement.force, (1)));
    }

    function _round(uint64 batches) private returns (uint32 count, IBundle.Item[] memory items) {
        bytes32 root;
        (root, items) = _unanchored(batches);
        count = anchor(root);
    }

    function _unanchored(uint64 batches) private view returns (bytes32 root, IBundle.Item[] memory items) {
        bytes32[] memory leaves = new bytes32[](8);
        items = new IBundle.Item[](8);
        for (uint256 id = 0; id < 8; id++) {
            leaves[id] = leafOf(id, _totals(id, batches));
        }
        for (uint256 id = 0; id < 8; id++) {
            items[id] = IBundle.Item(settlements[id], _totals(id, batches), proofOf(leaves, id));
        }
        return (rootOf(leaves), items);
    }

    function _totals(uint256 id, uint64 batches) private pure returns (ISettlement.Totals memory totals) {
        totals = totalsOf(id, batches);
        (totals.spent, totals.earned) = (batches * 100_000, batches * 1_000);
    }

    function _collections(IBundle.Item[] memory items)
        private
        pure
        returns (IRollups.Collection[] memory collections)
    {
        collections = new IRollups.Collection[](items.length);
        for (uint32 id = 0; id < items.length; id++) {
            collections[id] = IRollups.Collection(RollupId.wrap(id), items[id].totals, items[id].proof);
        }
    }

    function _prepareRegister() private {
        token.mint(address(this), STAKE_MIN);
        token.approve(address(hub.STAKE()), STAKE_MIN);
        bytes memory key = Keys.keyOf(7);
        bytes32 digest = hub.STAKE().possessionDigest(address(this), keccak256(key));
        calls["register"] = Call(
            address(hub.STAKE()),
            abi.encodeCall(
                hub.STAKE().register,
                (key, Keys.prove(7, digest), keccak256("key"), "/ip4/127.0.0.1/tcp/1", STAKE_MIN)
            )
        );
    }
}
