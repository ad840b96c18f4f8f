/* What is used of QEMU's API for plugins (version 1), which Debian ships no header of, and the
 * markers that programs put around what is to be counted.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef uint64_t plugin_id;
struct block;
struct instruction;

void qemu_plugin_register_vcpu_tb_trans_cb(plugin_id, void (*)(plugin_id, struct block *));
size_t qemu_plugin_tb_n_insns(const struct block *);
struct instruction *qemu_plugin_tb_get_insn(const struct block *, size_t);
const void *qemu_plugin_insn_data(const struct instruction *);
size_t qemu_plugin_insn_size(const struct instruction *);
uint64_t qemu_plugin_insn_vaddr(const struct instruction *);
void qemu_plugin_register_vcpu_insn_exec_inline(struct instruction *, int, void *, uint64_t);
void qemu_plugin_register_vcpu_insn_exec_cb(
    struct instruction *, void (*)(unsigned, void *), int, void *);

#define EXPORT __attribute__((visibility("default")))
enum { ADD_U64 = 0, NO_REGISTERS = 0 };

EXPORT int qemu_plugin_version = 1;

/* Hints that do nothing: of Thumb, and of RISC-V.
 *
 * Of Thumb the length says nothing: shortly before a page ends, QEMU looks at what comes next, and
 * takes that for a part of the instruction. No instruction of RISC-V begins so. */
static bool is_hint(const struct instruction *instruction, uint16_t thumb, uint32_t riscv) {
    size_t len = qemu_plugin_insn_size(instruction);
    uint32_t word = 0;
    memcpy(&word, qemu_plugin_insn_data(instruction), len < 4 ? len : 4);
    return (uint16_t)word == thumb || (len == 4 && word == riscv);
}

/* As programs write them: src/markers.rs. */
static bool is_begin(const struct instruction *instruction) {
    return is_hint(instruction, 0xbf70, 0x07002013);
}

static bool is_end(const struct instruction *instruction) {
    return is_hint(instruction, 0xbf80, 0x08002013);
}

/* The value of an argument NAME=VALUE, or NULL. */
static const char *argument(int argc, char **argv, const char *name) {
    size_t len = strlen(name);
    for (int i = 0; i < argc; i++)
        if (strncmp(argv[i], name, len) == 0 && argv[i][len] == '=')
            return argv[i] + len + 1;
    return NULL;
}
