/* Counts the instructions that an emulated processor executes between two markers: a plugin for
 * QEMU's TCG (API version 1). The same program gives the same counts on every run.
 *
 * Debian ships no header for plugins, so what is used of the API is declared here.
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
void qemu_plugin_register_vcpu_insn_exec_inline(struct instruction *, int, void *, uint64_t);
void qemu_plugin_register_vcpu_insn_exec_cb(
    struct instruction *, void (*)(unsigned, void *), int, void *);

#define EXPORT __attribute__((visibility("default")))
enum { ADD_U64 = 0, NO_REGISTERS = 0 };

EXPORT int qemu_plugin_version = 1;

static uint64_t executed, at_begin;
static FILE *out;

static void begin(unsigned cpu, void *unused) {
    at_begin = executed;
}

static void end(unsigned cpu, void *unused) {
    fprintf(out, "%llu\n", (unsigned long long)(executed - at_begin));
    fflush(out);
}

/* Hints that do nothing, as tests/size/src/count.rs writes them: of Thumb, and of RISC-V.
 *
 * Of Thumb the length says nothing: shortly before a page ends, QEMU looks at what comes next, and
 * takes that for a part of the instruction. No instruction of RISC-V begins so. */
static bool is_marker(const void *data, size_t len, uint16_t thumb, uint32_t riscv) {
    uint32_t word = 0;
    memcpy(&word, data, len < 4 ? len : 4);
    return (uint16_t)word == thumb || (len == 4 && word == riscv);
}

static void translated(plugin_id id, struct block *block) {
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct instruction *instruction = qemu_plugin_tb_get_insn(block, i);
        const void *data = qemu_plugin_insn_data(instruction);
        size_t len = qemu_plugin_insn_size(instruction);
        qemu_plugin_register_vcpu_insn_exec_inline(instruction, ADD_U64, &executed, 1);
        if (is_marker(data, len, 0xbf70, 0x07002013))
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, begin, NO_REGISTERS, NULL);
        if (is_marker(data, len, 0xbf80, 0x08002013))
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, end, NO_REGISTERS, NULL);
    }
}

/* Takes the argument out=PATH: one line for each pair of markers, in their order. */
EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv) {
    for (int i = 0; i < argc; i++)
        if (strncmp(argv[i], "out=", 4) == 0)
            out = fopen(argv[i] + 4, "w");
    if (out == NULL)
        return 1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
