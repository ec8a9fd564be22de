// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Every program of the object is loaded and measured against budget.h. The numbers are
// properties of the test in its XML output: docs/kernel-support.md is made from them.
#include "budget.h"

#include <bpf/bpf.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "harness/kernel.h"

namespace bmc::test {
namespace {

const Budget* budget_of(std::string_view program) {
  const auto* found = std::ranges::find(kBudgets, program, &Budget::program);
  return found == std::end(kBudgets) ? nullptr : found;
}

TEST(BudgetTest, EveryProgramStaysWithinItsBudget) {
  const std::unique_ptr<bmc_bpf, void (*)(bmc_bpf*)> skeleton(bmc_bpf__open(), bmc_bpf__destroy);
  ASSERT_TRUE(skeleton);
  skeleton->rodata->config.serves_tcp = 1;  // or the verifier does not walk what serves it
  const auto start = std::chrono::steady_clock::now();
  ASSERT_EQ(bmc_bpf__load(skeleton.get()), 0);
  const std::chrono::duration<double, std::milli> load_time =
      std::chrono::steady_clock::now() - start;
  RecordProperty("load_ms", static_cast<int>(load_time.count()));
  std::size_t programs = 0;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton->obj) {
    bpf_prog_info info{};
    std::uint32_t bytes = sizeof(info);
    ASSERT_EQ(bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &bytes), 0);
    const Budget* budget = budget_of(bpf_program__name(program));
    programs++;
    RecordProperty(std::string("verified_") + bpf_program__name(program), info.verified_insns);
    RecordProperty(std::string("jited_") + bpf_program__name(program), info.jited_prog_len);
    if (budget == nullptr) {
      ADD_FAILURE() << "missing in budget.h: {\"" << bpf_program__name(program) << "\", "
                    << info.verified_insns << ", " << info.jited_prog_len << "},";
      continue;
    }
    EXPECT_LE(info.verified_insns, budget->verified_instructions) << budget->program;
    EXPECT_LE(info.jited_prog_len, budget->jited_bytes) << budget->program;
    EXPECT_GT(info.verified_insns, 0u) << budget->program;
  }
  EXPECT_EQ(programs, std::size(kBudgets)) << "budget.h names a program that is not there";
}

TEST(BudgetTest, NamesSurviveTheKernel) {
  const std::unique_ptr<bmc_bpf, void (*)(bmc_bpf*)> skeleton(bmc_bpf__open(), bmc_bpf__destroy);
  ASSERT_TRUE(skeleton);
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton->obj) {
    EXPECT_LT(std::string_view(bpf_program__name(program)).size(), std::size_t{BPF_OBJ_NAME_LEN});
  }
  bpf_map* map = nullptr;
  bpf_object__for_each_map(map, skeleton->obj) {
    const std::string_view name = bpf_map__name(map);
    if (name.contains('.')) continue;  // sections, which libbpf names
    EXPECT_LT(name.size(), std::size_t{BPF_OBJ_NAME_LEN}) << name;
  }
}

}  // namespace
}  // namespace bmc::test
