//! Locked buffers, adapters, lists, common buffers.

use lumenport_videoport::{
    CommonBuffer, DeviceDescription, DmaAdapter, LockOperation, Mdl, Platform, ScatterGatherList,
    VirtAddr, limits,
};

use crate::model::{Adapter, Locked, Running, SLOTS, World, at};

impl World<'_> {
    pub fn lock(&mut self, pick: usize, skip: usize, modify: bool) {
        let Some(index) = at(pick, self.users.len()) else {
            return;
        };
        let (base, bytes) = self.users[index];
        let skip = skip % bytes;
        let (base, bytes) = (base.checked_add(skip).expect("inside"), bytes - skip);
        let operation = if modify {
            LockOperation::Modify
        } else {
            LockOperation::Read
        };
        let refused = self.too_high();
        let mdl = self.port.lock_buffer(base, bytes as u32, operation);
        let room = self.locked.len() < limits::MDLS && self.slots() < SLOTS;
        assert_eq!(mdl.is_some(), !refused && room);
        if let Some(mdl) = mdl {
            self.locked.push(Locked {
                mdl,
                user: base,
                bytes,
                writable: modify,
            });
        }
    }

    pub fn slots(&self) -> usize {
        self.locked.len() + self.common.len()
    }

    pub fn unlock(&mut self, pick: usize) {
        let Some(index) = at(pick, self.locked.len()) else {
            return;
        };
        let mdl = self.locked[index].mdl;
        // Under a transfer it is reported, and done all the same.
        self.findings += u32::from(self.running_of(mdl));
        self.port.unlock_buffer(mdl);
        self.locked.swap_remove(index);
        self.unlocked.push(mdl);
    }

    pub fn running_of(&self, mdl: Mdl) -> bool {
        self.owners.iter().any(|(_, other)| *other == mdl)
    }

    pub fn get_adapter(&mut self) {
        let refused = self.too_high();
        let adapter = self.port.get_dma_adapter(&DeviceDescription {
            scatter_gather: true,
            dma_32bit_addresses: true,
            dma_64bit_addresses: true,
            maximum_length_bytes: 8192,
        });
        let room = self.adapters.len() < limits::ADAPTERS;
        assert_eq!(adapter.is_some(), !refused && room);
        self.adapters.extend(adapter.map(|handle| Adapter {
            handle,
            doomed: false,
        }));
    }

    pub fn objects_of(&self, adapter: DmaAdapter) -> usize {
        let lists = self.running.iter().filter(|other| other.adapter == adapter);
        let buffers = self.common.iter().filter(|(other, _)| *other == adapter);
        lists.count() + buffers.count()
    }

    pub fn put_adapter(&mut self, pick: usize) {
        let Some(index) = at(pick, self.adapters.len()) else {
            return;
        };
        if self.too_high() {
            self.port.put_dma_adapter(self.adapters[index].handle);
            return;
        }
        let handle = self.adapters[index].handle;
        self.port.put_dma_adapter(handle);
        if self.objects_of(handle) != 0 {
            self.findings += 1;
            self.adapters[index].doomed = true;
        } else {
            self.adapters.swap_remove(index);
        }
    }

    /// Adapters that were put away early go with their last object.
    pub fn settle(&mut self) {
        let gone: Vec<_> = self
            .adapters
            .iter()
            .filter(|adapter| adapter.doomed && self.objects_of(adapter.handle) == 0)
            .map(|adapter| adapter.handle)
            .collect();
        self.adapters
            .retain(|adapter| !gone.contains(&adapter.handle));
    }

    pub fn start(&mut self, adapter: usize, mdl: usize, offset: u32, bytes: u32, to_device: bool) {
        let (Some(adapter), Some(mdl)) =
            (at(adapter, self.adapters.len()), at(mdl, self.locked.len()))
        else {
            return;
        };
        let (handle, doomed) = (self.adapters[adapter].handle, self.adapters[adapter].doomed);
        let buffer = self.locked[mdl];
        let left = buffer.bytes.saturating_sub(offset as usize);
        let carried = (bytes as usize).min(left).min(8192);
        let wrong_direction = !to_device && !buffer.writable;
        let bad = doomed || carried == 0 || wrong_direction && self.strict;
        // The checks come in this order; a tolerant port goes on after a wrong direction.
        self.findings += if doomed {
            1
        } else {
            u32::from(wrong_direction)
                + u32::from(carried == 0 && !(wrong_direction && self.strict))
        };
        let full = self.running.len() == limits::DMA_LISTS;
        let (mut length, mut list) = (bytes, None);
        let answer = self.port.start_dma(
            handle,
            buffer.mdl,
            offset,
            &mut length,
            to_device,
            |port, _, given| {
                assert_eq!(port.get_current_irql(), 2);
                list = Some(*given);
            },
        );
        assert_eq!(answer.is_success(), !bad && !full);
        assert_eq!(list.is_some(), answer.is_success());
        let Some(list) = list else {
            assert_eq!(length, 0);
            self.dropped();
            return;
        };
        assert_eq!((length as usize, list.length_bytes()), (carried, length));
        self.check_list(&list, buffer.user, offset as usize);
        self.owners.push((list, buffer.mdl));
        self.running.push(Running {
            list,
            adapter: handle,
            to_device,
        });
        self.dropped();
    }

    /// The elements name exactly the bytes asked for.
    pub fn check_list(&self, list: &ScatterGatherList, user: VirtAddr, offset: usize) {
        let mut done = 0;
        let mut index = 0;
        while let Some(element) = self.port.scatter_gather_element(list, index) {
            let length = element.length_bytes as usize;
            for byte in [0, length - 1] {
                let address = user.checked_add(offset + done + byte).expect("inside");
                let expected = self.machine.bus_address(address).expect("pinned").raw();
                assert_eq!(element.address.raw() + byte as u64, expected);
            }
            done += length;
            index += 1;
        }
        assert_eq!(done, list.length_bytes() as usize);
    }

    pub fn start_unlocked(&mut self, adapter: usize, mdl: usize) {
        let (Some(adapter), Some(mdl)) = (
            at(adapter, self.adapters.len()),
            at(mdl, self.unlocked.len()),
        ) else {
            return;
        };
        let mut length = 1;
        let answer = self.port.start_dma(
            self.adapters[adapter].handle,
            self.unlocked[mdl],
            0,
            &mut length,
            true,
            |_, _, _| panic!("not locked"),
        );
        assert!(!answer.is_success());
        self.findings += 1;
    }

    pub fn complete(&mut self, pick: usize) {
        let Some(index) = at(pick, self.running.len()) else {
            return;
        };
        let running = self.running.swap_remove(index);
        self.owners.retain(|(list, _)| *list != running.list);
        let done = self
            .port
            .complete_dma(running.adapter, &running.list, running.to_device);
        assert!(done.is_success());
        self.completed.push((running.list, running.adapter));
        self.settle();
    }

    pub fn allocate_common(&mut self, adapter: usize, bytes: u32) {
        let Some(index) = at(adapter, self.adapters.len()) else {
            return;
        };
        let (handle, doomed) = (self.adapters[index].handle, self.adapters[index].doomed);
        let refused = self.too_high();
        let buffer = self.port.allocate_common_buffer(handle, bytes, false);
        let room = self.common.len() < limits::COMMON_BUFFERS && self.slots() < SLOTS;
        self.findings += u32::from(!refused && (doomed || bytes == 0));
        assert_eq!(buffer.is_some(), !refused && !doomed && bytes != 0 && room);
        if let Some(buffer) = buffer {
            let mut contents = vec![1; bytes as usize];
            self.port
                .read_memory(buffer.virtual_address, &mut contents)
                .expect("mapped");
            assert!(contents.iter().all(|byte| *byte == 0));
            self.common.push((handle, buffer));
        }
    }

    pub fn release_common(&mut self, pick: usize) {
        let Some(index) = at(pick, self.common.len()) else {
            return;
        };
        let (adapter, buffer) = self.common[index];
        let refused = self.too_high();
        self.port.release_common_buffer(adapter, &buffer);
        if !refused {
            self.common.swap_remove(index);
            self.settle();
        }
    }

    pub fn release_common_wrongly(&mut self, pick: usize) {
        let Some(index) = at(pick, self.common.len()) else {
            return;
        };
        let (adapter, buffer) = self.common[index];
        let refused = self.too_high();
        let other = CommonBuffer {
            length_bytes: buffer.length_bytes + 1,
            ..buffer
        };
        self.port.release_common_buffer(adapter, &other);
        if !refused {
            self.findings += 1;
            if !self.strict {
                self.common.swap_remove(index);
                self.settle();
            }
        }
    }
}
