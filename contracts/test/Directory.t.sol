// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IImageRegistry} from "../IImageRegistry.sol";
import {Base} from "./Base.sol";

contract DirectoryTest is Base {
    IImageRegistry.RegistrarStatus internal constant ACTIVE = IImageRegistry.RegistrarStatus.Active;
    IImageRegistry.RegistrarStatus internal constant SUSPENDED = IImageRegistry.RegistrarStatus.Suspended;
    IImageRegistry.RegistrarStatus internal constant RETIRED = IImageRegistry.RegistrarStatus.Retired;
    IImageRegistry.RegistrarStatus internal constant UNKNOWN = IImageRegistry.RegistrarStatus.Unknown;

    function setUp() public {
        deploy();
    }

    function test_a_new_registrar_is_active_with_its_sender() public {
        bytes32 id = keccak256("other");
        vm.expectEmit(address(registry));
        emit IImageRegistry.RegistrarAdded(id, NAME);
        vm.expectEmit(address(registry));
        emit IImageRegistry.SenderAdded(id, address(7));
        vm.prank(ADMIN);
        registry.addRegistrar(id, NAME, address(7));

        IImageRegistry.Registrar memory entry = registry.registrar(id);
        vm.assertEq(entry.nameHash, NAME, "name");
        vm.assertTrue(entry.status == ACTIVE, "status");
        vm.assertEq(entry.addedAt, START, "added");
        vm.assertEq(entry.compromisedSince, 0, "compromised");
        vm.assertEq(registry.registrarOf(address(7)), id, "registrar of the sender");
        vm.assertEq(registry.sender(address(7)).addedAt, START, "sender added");
        assertHead(id, 0, 0, 0);
    }

    function test_only_the_directory_role_changes_the_directory() public {
        bytes memory reason = abi.encodeWithSelector(
            IAccessControl.AccessControlUnauthorizedAccount.selector, STRANGER, registry.DIRECTORY_ROLE()
        );
        asStranger(reason);
        registry.addRegistrar(keccak256("other"), NAME, address(7));
        asStranger(reason);
        registry.setStatus(CLINIC, SUSPENDED);
        asStranger(reason);
        registry.markCompromised(CLINIC, 1);
        asStranger(reason);
        registry.addSender(CLINIC, address(7));
        asStranger(reason);
        registry.retireSender(SENDER);
    }

    function test_a_registrar_is_added_once_and_not_as_zero() public {
        asAdmin(abi.encodeWithSelector(IImageRegistry.RegistrarExists.selector, CLINIC));
        registry.addRegistrar(CLINIC, NAME, address(7));
        asAdmin(abi.encodeWithSelector(IImageRegistry.ZeroRegistrar.selector));
        registry.addRegistrar(0, NAME, address(7));
    }

    function test_an_unknown_registrar_is_named_in_the_refusal() public {
        bytes32 id = keccak256("nobody");
        bytes memory reason = abi.encodeWithSelector(IImageRegistry.UnknownRegistrar.selector, id);
        asAdmin(reason);
        registry.setStatus(id, SUSPENDED);
        asAdmin(reason);
        registry.markCompromised(id, 1);
        asAdmin(reason);
        registry.addSender(id, address(7));
    }

    function test_a_status_goes_to_and_fro_until_retired() public {
        setStatus(SUSPENDED);
        setStatus(ACTIVE);
        vm.expectEmit(address(registry));
        emit IImageRegistry.RegistrarStatusChanged(CLINIC, RETIRED);
        setStatus(RETIRED);
        for (uint8 i = 0; i <= uint8(RETIRED); ++i) {
            IImageRegistry.RegistrarStatus next = IImageRegistry.RegistrarStatus(i);
            asAdmin(abi.encodeWithSelector(IImageRegistry.StatusChangeRefused.selector, CLINIC, RETIRED, next));
            registry.setStatus(CLINIC, next);
        }
    }

    function test_no_status_becomes_unknown_or_itself() public {
        asAdmin(abi.encodeWithSelector(IImageRegistry.StatusChangeRefused.selector, CLINIC, ACTIVE, UNKNOWN));
        registry.setStatus(CLINIC, UNKNOWN);
        asAdmin(abi.encodeWithSelector(IImageRegistry.StatusChangeRefused.selector, CLINIC, ACTIVE, ACTIVE));
        registry.setStatus(CLINIC, ACTIVE);
    }

    function testFuzz_a_compromise_date_only_moves_earlier(uint64 first, uint64 second) public {
        first = uint64(within(first, 1, START));
        vm.expectEmit(address(registry));
        emit IImageRegistry.RegistrarCompromised(CLINIC, first);
        vm.prank(ADMIN);
        registry.markCompromised(CLINIC, first);
        if (second == 0 || second >= first) {
            asAdmin(abi.encodeWithSelector(IImageRegistry.CompromiseDateRefused.selector, CLINIC, second, first - 1));
            registry.markCompromised(CLINIC, second);
            second = first;
        } else {
            vm.prank(ADMIN);
            registry.markCompromised(CLINIC, second);
        }
        vm.assertEq(registry.registrar(CLINIC).compromisedSince, second, "date kept");
    }

    function test_a_compromise_date_is_neither_zero_nor_in_the_future() public {
        asAdmin(abi.encodeWithSelector(IImageRegistry.CompromiseDateRefused.selector, CLINIC, 0, START));
        registry.markCompromised(CLINIC, 0);
        asAdmin(abi.encodeWithSelector(IImageRegistry.CompromiseDateRefused.selector, CLINIC, START + 1, START));
        registry.markCompromised(CLINIC, START + 1);
    }

    function test_an_address_is_given_out_once_and_for_ever() public {
        bytes32 id = keccak256("other");
        bytes memory taken = abi.encodeWithSelector(IImageRegistry.SenderExists.selector, SENDER, CLINIC);
        asAdmin(taken);
        registry.addRegistrar(id, NAME, SENDER);
        vm.prank(ADMIN);
        registry.retireSender(SENDER);
        asAdmin(taken);
        registry.addRegistrar(id, NAME, SENDER);
        asAdmin(taken);
        registry.addSender(CLINIC, SENDER);
        vm.assertTrue(registry.registrar(id).status == UNKNOWN, "nothing of the refused registrar stays");
    }

    function test_the_zero_address_is_no_sender() public {
        asAdmin(abi.encodeWithSelector(IImageRegistry.ZeroSender.selector));
        registry.addSender(CLINIC, address(0));
    }

    function test_a_suspended_registrar_may_rotate_and_a_retired_one_not() public {
        setStatus(SUSPENDED);
        vm.prank(ADMIN);
        registry.addSender(CLINIC, address(7));
        setStatus(RETIRED);
        asAdmin(abi.encodeWithSelector(IImageRegistry.RegistrarNotActive.selector, CLINIC, RETIRED));
        registry.addSender(CLINIC, address(8));
    }

    function test_a_sender_is_retired_once_and_stays_known() public {
        vm.warp(START + 5);
        vm.expectEmit(address(registry));
        emit IImageRegistry.SenderRetired(CLINIC, SENDER);
        vm.prank(ADMIN);
        registry.retireSender(SENDER);
        vm.assertEq(registry.sender(SENDER).retiredAt, START + 5, "retired");
        vm.assertEq(registry.sender(SENDER).addedAt, START, "added");
        vm.assertEq(registry.registrarOf(SENDER), CLINIC, "registrar");
        asAdmin(abi.encodeWithSelector(IImageRegistry.SenderIsRetired.selector, SENDER, START + 5));
        registry.retireSender(SENDER);
        asAdmin(abi.encodeWithSelector(IImageRegistry.UnknownSender.selector, STRANGER));
        registry.retireSender(STRANGER);
    }

    function test_the_default_admin_changes_only_after_the_delay() public {
        vm.prank(ADMIN);
        registry.beginDefaultAdminTransfer(STRANGER);
        vm.warp(START + 1 days + 1);
        vm.prank(STRANGER);
        registry.acceptDefaultAdminTransfer();
        vm.assertTrue(registry.defaultAdmin() == STRANGER, "admin");
    }

    function test_the_registry_takes_no_ether() public {
        (bool taken,) = address(registry).call{value: 1}("");
        vm.assertFalse(taken, "ether taken");
    }

    function asAdmin(bytes memory reason) private {
        refuse(reason);
        vm.prank(ADMIN);
    }

    function asStranger(bytes memory reason) private {
        refuse(reason);
        vm.prank(STRANGER);
    }

    function setStatus(IImageRegistry.RegistrarStatus status) private {
        vm.prank(ADMIN);
        registry.setStatus(CLINIC, status);
        vm.assertTrue(registry.registrar(CLINIC).status == status, "status");
    }
}
