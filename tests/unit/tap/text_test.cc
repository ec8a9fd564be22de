// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// Text commands: what they write, where their data ends, how they are answered.
#include <gtest/gtest.h>

#include "understood.h"

namespace bmc::tap {
namespace {

TEST(TapText, EveryStoreWritesItsKeyAndHasData) {
  for (const char* name : {"set", "add", "replace", "append", "prepend"}) {
    const Understood store = understood(std::string(name) + " key 7 100 12\r\n");
    EXPECT_EQ(store.what().kind, COMMAND_WRITE) << name;
    EXPECT_EQ(store.key(), "key");
    EXPECT_EQ(store.text_of(store.what().flags), "7");
    EXPECT_EQ(store.text_of(store.what().size), "12");
    EXPECT_EQ(store.what().exptime, 100);
    EXPECT_TRUE(store.what().has_data);
    EXPECT_EQ(store.what().data_bytes, 12u);
    EXPECT_EQ(store.what().answer, ANSWER_LINE);
    EXPECT_EQ(store.what().fits, REPLY_OF_STORE);
  }
}

TEST(TapText, OnlyWhatReplacesTheValueIsStaged) {
  EXPECT_TRUE(understood("set k 0 0 1\r\n").what().is_stageable);
  EXPECT_TRUE(understood("cas k 0 0 1 5\r\n").what().is_stageable);
  EXPECT_FALSE(understood("append k 0 0 1\r\n").what().is_stageable);
  EXPECT_FALSE(understood("prepend k 0 0 1\r\n").what().is_stageable);
  EXPECT_FALSE(understood("set k 0 0 1 noreply\r\n").what().is_stageable);
}

TEST(TapText, AStoreIsReadOnlyWithinTheLimitsThatAllVersionsShare) {
  for (const char* fine : {"set k 4294967295 0 1\r\n", "set k 0 2147483647 1\r\n",
                           "set k 0 -1 1\r\n", "set k 0 0 2147483645\r\n", "set k 0 0 0\r\n"})
    EXPECT_EQ(understood(fine).what().kind, COMMAND_WRITE) << fine;
  for (const char* odd :
       {"set k 4294967296 0 1\r\n", "set k 0 2147483648 1\r\n", "set k 0 -2 1\r\n",
        "set k 0 0 2147483646\r\n", "set k 0 0 -1\r\n", "set k 0 0 01\r\n", "set k 0 0\r\n",
        "set k 0 0 1 2\r\n", "set k 0 0 1 noreply x\r\n", "set k 0 0 1 NOREPLY\r\n",
        "set k 0 0 1\n", "cas k 0 0 1\r\n", "cas k 0 0 1 x\r\n", "set k a 0 1\r\n"})
    EXPECT_EQ(understood(odd).what().kind, COMMAND_NONE) << odd;
}

TEST(TapText, AKeyHasAtMost250Bytes) {
  const std::string key(250, 'k');
  EXPECT_EQ(understood("set " + key + " 0 0 1\r\n").key(), key);
  EXPECT_EQ(understood("set " + key + "k 0 0 1\r\n").what().kind, COMMAND_NONE);
  EXPECT_EQ(understood("delete " + key + "k\r\n").what().kind, COMMAND_NONE);
}

TEST(TapText, OtherWritesNameTheirKeyAndTheirAnswers) {
  const struct {
    const char* line;
    u32 fits;
  } writes[] = {
      {"delete k\r\n", REPLY_DELETED | REPLY_NOT_FOUND},
      {"delete k 0\r\n", REPLY_DELETED | REPLY_NOT_FOUND},
      {"incr k 1\r\n", REPLY_NUMBER | REPLY_NOT_FOUND},
      {"decr k 1\r\n", REPLY_NUMBER | REPLY_NOT_FOUND},
      {"touch k 0\r\n", REPLY_TOUCHED | REPLY_NOT_FOUND},
      {"touch k -1\n", REPLY_TOUCHED | REPLY_NOT_FOUND},
  };
  for (const auto& write : writes) {
    const Understood command = understood(write.line);
    EXPECT_EQ(command.what().kind, COMMAND_WRITE) << write.line;
    EXPECT_EQ(command.key(), "k");
    EXPECT_EQ(command.what().answer, ANSWER_LINE);
    EXPECT_EQ(command.what().fits, write.fits);
    EXPECT_FALSE(command.what().has_data);
    EXPECT_FALSE(command.what().is_stageable);
  }
}

TEST(TapText, NoreplyHushes) {
  for (const char* line : {"set k 0 0 1 noreply\r\n", "cas k 0 0 1 5 noreply\r\n",
                           "delete k noreply\r\n", "delete k 0 noreply\r\n",
                           "incr k 1 noreply\r\n", "touch k 0 noreply\r\n"})
    EXPECT_EQ(understood(line).what().answer, ANSWER_QUIET) << line;
}

TEST(TapText, GetAndTouchWritesManyKeys) {
  EXPECT_EQ(understood("gat 0 a b c\r\n").what().kind, COMMAND_WRITE_MANY);
  EXPECT_EQ(understood("gats -1 a\r\n").what().kind, COMMAND_WRITE_MANY);
  EXPECT_EQ(understood("gat x a\r\n").what().kind, COMMAND_NONE);
  EXPECT_EQ(understood("gat 0\r\n").what().kind, COMMAND_NONE);
}

TEST(TapText, FlushAllIsOneWithAnyArgument) {
  for (const char* line : {"flush_all\r\n", "flush_all 10\r\n", "flush_all -1\r\n",
                           "flush_all noreply\r\n", "flush_all 5 noreply\r\n"})
    EXPECT_EQ(understood(line).what().kind, COMMAND_FLUSH) << line;
  EXPECT_EQ(understood("flush_all 1 2 3\r\n").what().kind, COMMAND_NONE);
}

TEST(TapText, MonitoringIsHarmless) {
  for (const char* line :
       {"stats\r\n", "stats settings\r\n", "stats cachedump 1 100\r\n", "version\r\n",
        "verbosity 1\r\n", "quit\r\n", "mn\r\n", "me key\r\n", "lru mode flat\r\n",
        "slabs automove 1\r\n", "lru_crawler crawl all\r\n", "cache_memlimit 64\r\n"})
    EXPECT_EQ(understood(line).what().kind, COMMAND_HARMLESS) << line;
}

TEST(TapText, SocketsThatChangeHandsAreKnown) {
  for (const char* line : {"watch\r\n", "watch mutations\r\n", "lru_crawler metadump all\r\n",
                           "lru_crawler mgdump hash\r\n"})
    EXPECT_EQ(understood(line).what().kind, COMMAND_HAND_OFF) << line;
}

TEST(TapText, WhatIsNotKnownIsNotUnderstood) {
  for (const char* line : {"foo\r\n", "SET k 0 0 1\r\n", "setx k 0 0 1\r\n", "se k 0 0 1\r\n",
                           "flush_allx\r\n", "debugtime 5\r\n", "mx k\r\n", "bget\r\n"})
    EXPECT_EQ(understood(line).what().kind, COMMAND_NONE) << line;
}

TEST(TapText, GetLinesAreRecognisedByTheirFirstBytes) {
  EXPECT_TRUE(Understood("get k\r\n").is_get());
  EXPECT_TRUE(Understood("gets k\r\n").is_get());
  EXPECT_TRUE(Understood("get ").is_get());
  EXPECT_FALSE(Understood("get").is_get());
  EXPECT_FALSE(Understood("gat 0 k\r\n").is_get());
  EXPECT_FALSE(Understood("getx k\r\n").is_get());
  EXPECT_FALSE(Understood(" get k\r\n").is_get());
}

}  // namespace
}  // namespace bmc::tap
