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
    uint64 private constant HUB_DELAY_MIN = 7 days;

    /// @inheritdoc ISettlement
    RollupId public immutable ID;
    /// @inheritdoc ISettlement
    IRollups public immutable ROLLUPS;
    /// @inheritdoc ISettlement
    address public immutable OWNER;
    /// @inheritdoc ISettlement
    uint64 public immutable HUB_DELAY;

    // One slot. The third counts messages executed without the sequencer.
    uint64 private _batches;
    uint64 private _inboxRead;
    uint64 private _forcedRead;
    uint64 private _inboxCount;

    bytes32 private _batchesHash;
    /// @inheritdoc ISettlement
    mapping(uint64 length => bytes32) public inboxHash;
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
        ID = rollups.subscribe(address(this), owner, policy);
    }

    /// @inheritdoc ISettlement
    function settle(uint32 count, Totals calldata totals, bytes32[] calldata proof) external {
        if (totals.batches <= _batches) revert AlreadySettled(totals.batches, _batches);
        if (totals.inboxRead < _inboxRead || totals.inboxRead > _inboxCount) {
            revert WrongInbox(totals.inboxRead);
        }
        bytes32 root = RollupTree.rootFrom(RollupTree.leafOf(ID, totals), RollupId.unwrap(ID), proof);
        if (!hub.isRecent(root, count)) revert NotInCheckpoint();
        if (totals.inboxHash != inboxHash[totals.inboxRead]) revert WrongInbox(totals.inboxRead);

        _batches = totals.batches;
        _inboxRead = totals.inboxRead;
        _batchesHash = totals.batchesHash;
        emit Settled(totals.batches, totals.inboxRead, count, totals.batchesHash);
    }

    /// @inheritdoc ISettlement
    function enqueue(bytes calldata data) external returns (uint64 index) {
        if (data.length > MESSAGE_BYTES_MAX) revert MessageTooLong(data.length, MESSAGE_BYTES_MAX);
        index = _inboxCount;
        uint64 timestamp = uint64(block.timestamp);
        inboxHash[index + 1] =
            Hashes.efficientKeccak256(inboxHash[index], messageHash(index, msg.sender, timestamp, data));
        _inboxCount = index + 1;
        emit InboxMessage(ID, index, msg.sender, timestamp, data);
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
        return (_batches, _inboxRead, _inboxCount, _batchesHash);
    }

    /// @inheritdoc ISettlement
    function messageHash(uint64 index, address sender, uint64 timestamp, bytes calldata data)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(RollupId.unwrap(ID), index, sender, timestamp, keccak256(data)));
    }
}
