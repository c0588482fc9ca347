// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bundle} from "../../contracts/Bundle.sol";
import {Settlement} from "../../contracts/Settlement.sol";
import {IBundle} from "../../contracts/interfaces/IBundle.sol";
import {IHub} from "../../contracts/interfaces/IHub.sol";
import {IRollups, RollupId} from "../../contracts/interfaces/IRollups.sol";
import {ISettlement} from "../../contracts/interfaces/ISettlement.sol";
import {Keys} from "./support/Keys.sol";
import {SettlementTest} from "./support/SettlementTest.sol";

contract SettlementProofTest is SettlementTest {
    function setUp() external {
        open(5);
    }

    function test_each_rollup_subscribes_itself() external view {
        for (uint32 id = 0; id < 5; id++) {
            assertEq(RollupId.unwrap(settlements[id].ID()), id);
            (address settlement, address owner, uint256 policy,) = rollups.rollupOf(RollupId.wrap(id));
            assertTrue(settlement == address(settlements[id]) && owner == OWNER, "registered");
            assertEq(policy, 1);
        }
    }

    /// @notice A leaf settles the rollup of its position, and no other; for every width of the tree.
    function testFuzz_a_leaf_settles_its_own_rollup_only(
        uint256 seed,
        uint256 width,
        uint256 id,
        uint256 other
    ) external {
        width = bound(width, 1, 40);
        id = bound(id, 0, width < 5 ? width - 1 : 4);
        other = bound(other, 0, 4);
        ISettlement.Totals memory totals = totalsOf(seed, 3);
        bytes32[] memory leaves = _leavesOf(seed, width, 3);
        leaves[id] = leafOf(id, totals);
        uint32 count = anchor(rootOf(leaves));
        bytes32[] memory proof = proofOf(leaves, id);
        if (other != id) {
            vm.expectRevert(abi.encodeWithSelector(ISettlement.NotInCheckpoint.selector));
            settlements[other].settle(count, totals, proof);
        }
        vm.expectEmit();
        emit ISettlement.Settled(3, 0, count, totals.batchesHash);
        settlements[id].settle(count, totals, proof);
        (uint64 batches, uint64 inboxRead,, bytes32 batchesHash) = settlements[id].settled();
        assertEq(batches, 3);
        assertEq(inboxRead, 0);
        assertEq(batchesHash, totals.batchesHash);
    }

    /// @notice A rollup's leaf at the place of another proves nothing, though it is under the root.
    function testFuzz_a_leaf_in_another_place_is_refused(uint256 seed, uint256 id, uint256 place) external {
        id = bound(id, 0, 4);
        place = bound(place, 0, 7);
        vm.assume(id != place);
        ISettlement.Totals memory totals = totalsOf(seed, 3);
        bytes32[] memory leaves = _leavesOf(seed, 8, 3);
        leaves[place] = leafOf(id, totals);
        uint32 count = anchor(rootOf(leaves));
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotInCheckpoint.selector));
        settlements[id].settle(count, totals, proofOf(leaves, place));
    }

    /// @notice A longer path to a position of the same lower bits is refused: the index has no bits above the proof.
    function test_a_path_that_is_too_short_for_the_index_is_refused() external {
        ISettlement.Totals memory totals = totalsOf(1, 3);
        bytes32[] memory leaves = _leavesOf(1, 2, 3);
        leaves[1] = leafOf(3, totals);
        uint32 count = anchor(rootOf(leaves));
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotInCheckpoint.selector));
        settlements[3].settle(count, totals, proofOf(leaves, 1));
    }

    /// @notice Neither totals nor proof can be changed in any bit.
    function testFuzz_changed_totals_or_proofs_are_refused(uint256 seed, uint256 field, uint256 bit)
        external
    {
        ISettlement.Totals memory totals = totalsOf(seed, 3);
        bytes32[] memory leaves = _leavesOf(seed, 5, 3);
        leaves[2] = leafOf(2, totals);
        uint32 count = anchor(rootOf(leaves));
        bytes32[] memory proof = proofOf(leaves, 2);
        field = bound(field, 0, 6);
        if (field == 0) totals.batches += uint64(1 << (bit % 63));
        if (field == 1) totals.batchesHash ^= bytes32(1 << (bit % 256));
        if (field == 2) totals.spent ^= uint64(1 << (bit % 64));
        if (field == 3) totals.earned ^= uint64(1 << (bit % 64));
        if (field >= 4) proof[field - 4] ^= bytes32(1 << (bit % 256));
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotInCheckpoint.selector));
        settlements[2].settle(count, totals, proof);
    }

    /// @notice Batches only grow: what is settled is not settled again, and not undone by an older checkpoint.
    function testFuzz_totals_only_grow(uint64 first, uint64 second) external {
        first = uint64(bound(first, 1, type(uint64).max - 2));
        // Where it is decided, as often as anywhere.
        if (second % 2 == 0) second = uint64(bound(second / 2, first - 1, first + 2));
        uint32 one = _anchorFor(0, totalsOf(1, first));
        uint32 two = _anchorFor(0, totalsOf(2, second));
        settlements[0].settle(one, totalsOf(1, first), _path());
        if (second <= first) {
            vm.expectRevert(abi.encodeWithSelector(ISettlement.AlreadySettled.selector, second, first));
        }
        settlements[0].settle(two, totalsOf(2, second), _path());
        (uint64 batches,,,) = settlements[0].settled();
        assertEq(batches, second > first ? second : first);
    }

    function test_checkpoints_can_be_skipped() external {
        _anchorFor(0, totalsOf(1, 1));
        uint32 last = _anchorFor(0, totalsOf(1, 2));
        settlements[0].settle(last, totalsOf(1, 2), _path());
        (uint64 batches,,,) = settlements[0].settled();
        assertEq(batches, 2);
    }

    function _leavesOf(uint256 seed, uint256 width, uint64 batches)
        private
        pure
        returns (bytes32[] memory leaves)
    {
        leaves = new bytes32[](width);
        for (uint256 id = 0; id < width; id++) {
            leaves[id] = leafOf(id, totalsOf(uint256(keccak256(abi.encode(seed, id))), batches));
        }
    }

    /// @dev A tree of two, so that there is a path.
    function _anchorFor(uint256 id, ISettlement.Totals memory totals) private returns (uint32) {
        bytes32[] memory leaves = new bytes32[](2);
        leaves[id] = leafOf(id, totals);
        return anchor(rootOf(leaves));
    }

    function _path() private pure returns (bytes32[] memory) {
        return new bytes32[](1);
    }
}

contract InboxTest is SettlementTest {
    function setUp() external {
        open(1);
    }

    /// @notice The chain is what anybody computes from the events.
    function testFuzz_the_inbox_is_a_hash_chain(bytes[4] calldata messages, address sender) external {
        bytes32 chain;
        for (uint64 i = 0; i < messages.length; i++) {
            uint64 timestamp = 1_800_000_000 + 12 * i;
            vm.warp(timestamp);
            vm.expectEmit();
            emit ISettlement.InboxMessage(RollupId.wrap(0), i, sender, timestamp, messages[i]);
            vm.prank(sender);
            assertEq(settlements[0].enqueue(messages[i]), i);
            bytes32 message =
                keccak256(abi.encode(uint256(0), uint256(i), sender, timestamp, keccak256(messages[i])));
            chain = keccak256(abi.encode(chain, message));
            assertEq(settlements[0].inboxHash(i + 1), chain);
            assertEq(settlements[0].messageHash(i, sender, timestamp, messages[i]), message);
        }
        (,, uint64 inboxCount,) = settlements[0].settled();
        assertEq(inboxCount, messages.length);
    }

    /// @notice The sequencer must have read this inbox: no more than there is, no less than before, nothing else.
    function testFuzz_totals_with_another_inbox_are_refused(uint64 read, bytes32 claimed) external {
        bytes32[] memory hashes = _fill(3);
        ISettlement.Totals memory totals = totalsOf(1, 1);
        totals.inboxRead = read % 5;
        totals.inboxHash = claimed;
        bool isRight = totals.inboxRead <= 3 && claimed == hashes[totals.inboxRead];
        uint32 count = anchor(leafOf(0, totals));
        if (!isRight) vm.expectRevert(abi.encodeWithSelector(ISettlement.WrongInbox.selector, read % 5));
        settlements[0].settle(count, totals, new bytes32[](0));
    }

    function testFuzz_what_was_read_stays_read(uint64 first, uint64 second) external {
        bytes32[] memory hashes = _fill(4);
        first = first % 5;
        second = second % 5;
        ISettlement.Totals memory totals = totalsOf(1, 1);
        (totals.inboxRead, totals.inboxHash) = (first, hashes[first]);
        settlements[0].settle(anchor(leafOf(0, totals)), totals, new bytes32[](0));
        totals.batches = 2;
        (totals.inboxRead, totals.inboxHash) = (second, hashes[second]);
        uint32 count = anchor(leafOf(0, totals));
        if (second < first) vm.expectRevert(abi.encodeWithSelector(ISettlement.WrongInbox.selector, second));
        settlements[0].settle(count, totals, new bytes32[](0));
        (, uint64 inboxRead,,) = settlements[0].settled();
        assertEq(inboxRead, second < first ? first : second);
    }

    function test_a_message_has_a_longest_size() external {
        settlements[0].enqueue(new bytes(32_768));
        vm.expectRevert(abi.encodeWithSelector(ISettlement.MessageTooLong.selector, 32_769, 32_768));
        settlements[0].enqueue(new bytes(32_769));
    }

    function _fill(uint64 count) private returns (bytes32[] memory hashes) {
        hashes = new bytes32[](count + 1);
        for (uint64 i = 0; i < count; i++) {
            settlements[0].enqueue(abi.encode(i));
            hashes[i + 1] = settlements[0].inboxHash(i + 1);
        }
    }
}

contract HubChangeTest is SettlementTest {
    function setUp() external {
        open(1);
    }

    function test_a_move_takes_effect_after_its_delay() external {
        IHub old = hub;
        IHub next = deployAlone();
        vm.prank(OWNER);
        settlements[0].proposeHub(next);
        vm.warp(block.timestamp + DELAY - 1);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.TooEarly.selector));
        settlements[0].acceptHub();
        assertTrue(address(settlements[0].hub()) == address(old), "not yet");
        vm.warp(block.timestamp + 1);
        settlements[0].acceptHub();
        assertTrue(address(settlements[0].hub()) == address(next), "moved");
        vm.expectRevert(abi.encodeWithSelector(ISettlement.TooEarly.selector));
        settlements[0].acceptHub();
    }

    function test_a_withdrawn_move_does_not_happen() external {
        IHub next = deployAlone();
        vm.prank(OWNER);
        settlements[0].proposeHub(next);
        vm.prank(OWNER);
        settlements[0].proposeHub(IHub(address(0)));
        vm.warp(block.timestamp + 2 * DELAY);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.TooEarly.selector));
        settlements[0].acceptHub();
    }

    function test_only_the_owner_announces_a_move_and_only_to_a_contract() external {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NotOwner.selector, address(this)));
        settlements[0].proposeHub(hub);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NoAddress.selector));
        vm.prank(OWNER);
        settlements[0].proposeHub(IHub(address(0x1234)));
    }

    function test_a_settlement_needs_a_hub_and_a_delay() external {
        vm.expectRevert(abi.encodeWithSelector(ISettlement.NoAddress.selector));
        this.open(IHub(address(0x1234)), DELAY);
        vm.expectRevert(abi.encodeWithSelector(ISettlement.DelayTooShort.selector, DELAY - 1, DELAY));
        this.open(hub, DELAY - 1);
    }

    function open(IHub trusted, uint64 delay) external {
        deploySettlement(trusted, delay);
    }
}

contract BundleTest is SettlementTest {
    address private constant POSTER = address(0x9057);
    Bundle private bundle = Bundle(deployArtifact("Bundle.sol/Bundle", ""));

    function setUp() external {
        open(6);
    }

    /// @notice Whatever subset was settled before, the bundle settles the rest.
    function testFuzz_those_settled_already_do_not_hold_up_the_others(uint256 mask) external {
        (uint32 count, IBundle.Item[] memory items) = _items();
        uint256 before;
        for (uint256 id = 0; id < 6; id++) {
            if (mask >> id & 1 == 0) continue;
            settlements[id].settle(count, items[id].totals, items[id].proof);
            before++;
        }
        assertEq(bundle.settle(count, items), 6 - before);
        for (uint256 id = 0; id < 6; id++) {
            (uint64 batches,,,) = settlements[id].settled();
            assertEq(batches, 1);
        }
    }

    function test_what_is_no_settlement_does_not_hold_up_the_others() external {
        (uint32 count, IBundle.Item[] memory items) = _items();
        items[0].settlement = ISettlement(address(0x1234));
        items[1].settlement = ISettlement(address(new Glutton()));
        assertEq(bundle.settle(count, items), 4);
    }

    function test_a_bundle_with_too_little_gas_fails_as_a_whole() external {
        (uint32 count, IBundle.Item[] memory items) = _items();
        vm.expectRevert(abi.encodeWithSelector(IBundle.NotEnoughGas.selector));
        bundle.settle{gas: 300_000}(count, items);
    }

    /// @notice A checkpoint, its settlements, and what the rollups have spent: all in one transaction.
    function test_one_post_does_it_all() external {
        (bytes32 root, IBundle.Item[] memory items) = _unanchored();
        // It settles for all but this one.
        items[3].proof[0] = keccak256("another");
        IRollups.Collection[] memory collections = _collections(items);
        vm.prank(address(0xabc));
        assertEq(bundle.post(hub, _anchorOf(root), items, rollups, collections, POSTER), 5);
        (uint64 number,,,) = hub.latest();
        assertEq(number, 1);
        (uint64 batches,,,) = settlements[5].settled();
        assertEq(batches, 1);
        assertEq(token.balanceOf(POSTER), 60);
        assertEq(token.balanceOf(address(hub.STAKE())), 540);
    }

    function test_a_post_that_comes_second_does_nothing() external {
        (bytes32 root, IBundle.Item[] memory items) = _unanchored();
        IRollups.Collection[] memory collections = _collections(items);
        IBundle.Anchor memory first = _anchorOf(root);
        bundle.post(hub, first, new IBundle.Item[](0), rollups, new IRollups.Collection[](0), POSTER);
        vm.expectRevert(abi.encodeWithSelector(IHub.Stale.selector, 1, 1));
        bundle.post(hub, first, items, rollups, collections, POSTER);
        assertEq(token.balanceOf(POSTER), 0);
    }

    function test_a_post_whose_collection_is_refused_does_nothing() external {
        (bytes32 root, IBundle.Item[] memory items) = _unanchored();
        IRollups.Collection[] memory collections = _collections(items);
        collections[2].totals.spent++;
        IBundle.Anchor memory first = _anchorOf(root);
        vm.expectRevert(abi.encodeWithSelector(IRollups.NotInCheckpoint.selector));
        bundle.post(hub, first, items, rollups, collections, POSTER);
        (uint64 number,,,) = hub.latest();
        assertEq(number, 0);
    }

    /// @notice A checkpoint that hands over goes to `rotate`: here the hub knows of no such committee.
    function test_the_last_checkpoint_of_an_epoch_is_posted_as_such() external {
        IBundle.Anchor memory last = _anchorOf(keccak256("root"));
        (last.committee, last.sealing) = (keccak256("committee"), keccak256("sealing"));
        last.checkpoint.next = keccak256(abi.encode(last.committee, last.sealing));
        vm.expectRevert(abi.encodeWithSelector(IHub.UnknownCommittee.selector, last.checkpoint.next));
        bundle.post(hub, last, new IBundle.Item[](0), rollups, new IRollups.Collection[](0), POSTER);
    }

    function _anchorOf(bytes32 root) private view returns (IBundle.Anchor memory) {
        IHub.Checkpoint memory checkpoint = checkpointOf(1, root);
        bytes memory signature = Keys.sign(SECRET_ALONE, hub.checkpointDigest(checkpoint));
        return IBundle.Anchor(checkpoint, headAlone(), "", signature, 0, 0);
    }

    /// @dev Each has spent a hundred.
    function _collections(IBundle.Item[] memory items)
        private
        returns (IRollups.Collection[] memory collections)
    {
        collections = new IRollups.Collection[](items.length);
        token.mint(address(this), 100 * items.length);
        token.approve(address(rollups), type(uint256).max);
        bytes32[] memory leaves = _leaves();
        for (uint32 id = 0; id < items.length; id++) {
            rollups.fund(RollupId.wrap(id), 100);
            collections[id] = IRollups.Collection(RollupId.wrap(id), _totals(id), proofOf(leaves, id));
        }
    }

    function _items() private returns (uint32 count, IBundle.Item[] memory items) {
        bytes32 root;
        (root, items) = _unanchored();
        count = anchor(root);
    }

    function _unanchored() private view returns (bytes32 root, IBundle.Item[] memory items) {
        bytes32[] memory leaves = _leaves();
        items = new IBundle.Item[](6);
        for (uint256 id = 0; id < 6; id++) {
            items[id] = IBundle.Item(settlements[id], _totals(id), proofOf(leaves, id));
        }
        return (rootOf(leaves), items);
    }

    function _leaves() private pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](6);
        for (uint256 id = 0; id < 6; id++) {
            leaves[id] = leafOf(id, _totals(id));
        }
    }

    function _totals(uint256 id) private pure returns (ISettlement.Totals memory totals) {
        totals = totalsOf(id, 1);
        (totals.spent, totals.earned) = (100, 0);
    }
}

/// @notice A rollup whose contract eats what it is given.
contract Glutton {
    fallback() external {
        while (true) {}
    }
}
