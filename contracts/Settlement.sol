// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {RollupTree} from "./RollupTree.sol";
import {IHub} from "./interfaces/IHub.sol";
import {IRollups, RollupId} from "./interfaces/IRollups.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";

/// @title Settlement
contract Settlement is ISettlement {
    /// @dev Room for a full transaction; what it costs to fill is what keeps the inbox short.
    uint256 private constant MESSAGE_BYTES_MAX = 32_768;
    /// @dev Longer than what a user needs who wants to leave before another hub counts: a message, its deadline, the escape.
    uint64 private constant HUB_DELAY_MIN = 7 days;
    uint64 private constant TIMES_PER_SLOT = 6;

    /// @inheritdoc ISettlement
    uint64 public constant INBOX_DEADLINE = 1 days;
    /// @inheritdoc ISettlement
    uint64 public constant ESCAPE_DELAY = 3 days;

    /// @dev One slot, all that settling looks at and changes but for the hash.
    struct Progress {
        uint64 batches;
        uint48 inboxRead;
        uint48 forcedRead;
        uint48 inboxCount;
        uint40 settledAt;
        bool hasEscaped;
    }

    /// @inheritdoc ISettlement
    RollupId public immutable ID;
    /// @inheritdoc ISettlement
    IRollups public immutable ROLLUPS;
    /// @inheritdoc ISettlement
    address public immutable OWNER;
    /// @inheritdoc ISettlement
    uint64 public immutable HUB_DELAY;

    Progress private _progress;
    bytes32 private _batchesHash;
    /// @inheritdoc ISettlement
    mapping(uint64 length => bytes32) public inboxHash;
    /// @dev When each message came, six to a slot: settling and forcing must know it without trusting who calls.
    mapping(uint64 group => uint40[TIMES_PER_SLOT]) private _times;
    /// @inheritdoc ISettlement
    IHub public hub;
    IHub private _nextHub;
    uint64 private _nextHubAt;

    /// @dev Subscribes itself, so that contract and id can only be one another's.
    constructor(IHub hub_, IRollups rollups, address owner, uint256 policy, uint64 hubDelay) {
        if (address(hub_).code.length == 0) revert NoAddress();
        if (hubDelay < HUB_DELAY_MIN) revert DelayTooShort(hubDelay, HUB_DELAY_MIN);
        hub = hub_;
        ROLLUPS = rollups;
        OWNER = owner;
        HUB_DELAY = hubDelay;
        _progress.settledAt = uint40(block.timestamp);
        ID = rollups.subscribe(address(this), owner, policy);
    }

    /// @inheritdoc ISettlement
    /// @dev A later checkpoint stands for this one, so what is refused here for a message that waits is not lost: it is
    /// settled with the first checkpoint that has read the message, or as soon as somebody forces it.
    function settle(uint32 count, Totals calldata totals, bytes32[] calldata proof) external {
        Progress storage progress = _progress;
        if (progress.hasEscaped) revert HasEscaped();
        if (totals.batches <= progress.batches) revert AlreadySettled(totals.batches, progress.batches);
        if (totals.inboxRead < progress.inboxRead || totals.inboxRead > progress.inboxCount) {
            revert WrongInbox(totals.inboxRead);
        }
        uint64 reached = totals.inboxRead > progress.forcedRead ? totals.inboxRead : progress.forcedRead;
        if (_isOverdue(progress, reached)) revert MessageOverdue(reached);
        bytes32 root = RollupTree.rootFrom(RollupTree.leafOf(ID, totals), RollupId.unwrap(ID), proof);
        if (!hub.isRecent(root, count)) revert NotInCheckpoint();
        if (totals.inboxHash != inboxHash[totals.inboxRead]) revert WrongInbox(totals.inboxRead);

        progress.batches = totals.batches;
        // There are at least as many messages.
        progress.inboxRead = uint48(totals.inboxRead);
        progress.settledAt = uint40(block.timestamp);
        _batchesHash = totals.batchesHash;
        emit Settled(totals.batches, totals.inboxRead, count, totals.batchesHash);
    }

    /// @inheritdoc ISettlement
    function enqueue(bytes calldata data) external returns (uint64 index) {
        Progress storage progress = _progress;
        if (progress.hasEscaped) revert HasEscaped();
        if (data.length > MESSAGE_BYTES_MAX) revert MessageTooLong(data.length, MESSAGE_BYTES_MAX);
        index = progress.inboxCount;
        uint64 timestamp = uint64(block.timestamp);
        inboxHash[index + 1] =
            Hashes.efficientKeccak256(inboxHash[index], messageHash(index, msg.sender, timestamp, data));
        _times[index / TIMES_PER_SLOT][index % TIMES_PER_SLOT] = uint40(timestamp);
        progress.inboxCount = uint48(index + 1);
        emit InboxMessage(ID, index, msg.sender, timestamp, data);
    }

    /// @inheritdoc ISettlement
    function force(uint64 to) external {
        Progress storage progress = _progress;
        if (progress.hasEscaped) revert HasEscaped();
        uint64 from = _executed(progress);
        if (to <= from || to > progress.inboxCount) revert NothingToForce(from, progress.inboxCount);
        // Times do not go back, so those before it have waited as long.
        if (!_isOverdue(progress, to - 1)) revert NotOverdue(to - 1, dueAt(to - 1));
        progress.forcedRead = uint48(to);
        emit Forced(progress.batches, from, to);
    }

    /// @inheritdoc ISettlement
    /// @dev That a message was forced does not help the sequencer here, or a forced message would keep everyone in. And
    /// settling what a committee left behind does not either, when it signs nothing new: so the hub is asked as well.
    function escape() external {
        Progress storage progress = _progress;
        if (progress.hasEscaped) revert HasEscaped();
        uint64 unread = progress.inboxRead;
        uint64 due = unread < progress.inboxCount ? dueAt(unread) : 0;
        if (!_isOverdue(progress, unread)) revert NotOverdue(unread, due);
        (,,, uint64 anchoredAt) = hub.latest();
        uint64 since = anchoredAt < progress.settledAt ? anchoredAt : progress.settledAt;
        uint64 from = (since < due ? due : since) + ESCAPE_DELAY;
        if (block.timestamp < from) revert EscapeTooEarly(from);
        progress.hasEscaped = true;
        emit EscapeOpened(progress.batches, _executed(progress));
    }

    /// @inheritdoc ISettlement
    function proposeHub(IHub next) external {
        if (msg.sender != OWNER) revert NotOwner(msg.sender);
        if (address(next) != address(0) && address(next).code.length == 0) revert NoAddress();
        _nextHub = next;
        _nextHubAt = address(next) == address(0) ? 0 : uint64(block.timestamp) + HUB_DELAY;
        emit HubProposed(next, _nextHubAt);
    }

    /// @inheritdoc ISettlement
    function acceptHub() external {
        if (_nextHubAt == 0 || block.timestamp < _nextHubAt) revert TooEarly();
        hub = _nextHub;
        delete _nextHub;
        delete _nextHubAt;
        emit HubChanged(hub);
    }

    /// @inheritdoc ISettlement
    function settled()
        external
        view
        returns (uint64 batches, uint64 inboxRead, uint64 inboxCount, bytes32 batchesHash)
    {
        Progress storage progress = _progress;
        return (progress.batches, progress.inboxRead, progress.inboxCount, _batchesHash);
    }

    /// @inheritdoc ISettlement
    function executed() external view returns (uint64) {
        return _executed(_progress);
    }

    /// @inheritdoc ISettlement
    function settledAt() external view returns (uint64) {
        return _progress.settledAt;
    }

    /// @inheritdoc ISettlement
    function escapeActive() external view returns (bool) {
        return _progress.hasEscaped;
    }

    /// @inheritdoc ISettlement
    function dueAt(uint64 index) public view returns (uint64) {
        return _times[index / TIMES_PER_SLOT][index % TIMES_PER_SLOT] + INBOX_DEADLINE;
    }

    /// @inheritdoc ISettlement
    function messageHash(uint64 index, address sender, uint64 timestamp, bytes calldata data)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(RollupId.unwrap(ID), index, sender, timestamp, keccak256(data)));
    }

    /// @dev Whether there is such a message and it has waited for too long.
    function _isOverdue(Progress storage progress, uint64 index) private view returns (bool) {
        return index < progress.inboxCount && block.timestamp >= dueAt(index);
    }

    function _executed(Progress storage progress) private view returns (uint64) {
        return progress.inboxRead > progress.forcedRead ? progress.inboxRead : progress.forcedRead;
    }
}
