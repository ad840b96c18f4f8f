/* Counts whose instructions an emulated processor executes between two markers: a plugin for
 * QEMU's TCG. Whose they are says a map of addresses.
 */
#include "plugin.h"

#include <stdlib.h>

/* Instructions from here on, up to the next range, have this owner. */
struct range {
    uint64_t start;
    unsigned owner;
};

/* What is called by all, as copies of memory are and divisions: it counts for whoever was executed
 * last before it. What lies in front of the first range is called by all too. */
enum { CALLER = 0, MOST_OWNERS = 4096 };

static struct range *ranges;
static size_t range_count;
static uint64_t counts[MOST_OWNERS];
static unsigned owner_count = 1, current;
static FILE *out;

static unsigned owner_of(uint64_t address) {
    size_t low = 0, high = range_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ranges[middle].start <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low == 0 ? CALLER : ranges[low - 1].owner;
}

static void begin(unsigned cpu, void *unused) {
    memset(counts, 0, sizeof counts);
}

static void end(unsigned cpu, void *unused) {
    for (unsigned owner = 0; owner < owner_count; owner++)
        fprintf(out, "%llu ", (unsigned long long)counts[owner]);
    fprintf(out, "\n");
    fflush(out);
}

static void executed(unsigned cpu, void *owner) {
    if ((uintptr_t)owner != CALLER)
        current = (uintptr_t)owner;
    counts[current]++;
}

static void translated(plugin_id id, struct block *block) {
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct instruction *instruction = qemu_plugin_tb_get_insn(block, i);
        uintptr_t owner = owner_of(qemu_plugin_insn_vaddr(instruction));
        qemu_plugin_register_vcpu_insn_exec_cb(
            instruction, executed, NO_REGISTERS, (void *)owner);
        if (is_begin(instruction))
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, begin, NO_REGISTERS, NULL);
        if (is_end(instruction))
            qemu_plugin_register_vcpu_insn_exec_cb(instruction, end, NO_REGISTERS, NULL);
    }
}

/* Reads lines of a start in hexadecimal and an owner, in the order of their starts. */
static bool read_map(const char *path) {
    FILE *map = path == NULL ? NULL : fopen(path, "r");
    unsigned long long start;
    unsigned owner;
    if (map == NULL)
        return false;
    while (fscanf(map, "%llx %u", &start, &owner) == 2 && owner < MOST_OWNERS) {
        if (range_count % 1024 == 0)
            ranges = realloc(ranges, (range_count + 1024) * sizeof *ranges);
        if (ranges == NULL)
            return false;
        ranges[range_count++] = (struct range){start, owner};
        if (owner >= owner_count)
            owner_count = owner + 1;
    }
    bool is_whole = feof(map);
    fclose(map);
    return is_whole;
}

/* Takes the arguments map=PATH and out=PATH: there one line for each pair of markers, in their order,
 * with what each owner has executed, in the order of their numbers. */
EXPORT int qemu_plugin_install(plugin_id id, const void *info, int argc, char **argv) {
    const char *path = argument(argc, argv, "out");
    out = path == NULL ? NULL : fopen(path, "w");
    if (out == NULL || !read_map(argument(argc, argv, "map")))
        return 1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
