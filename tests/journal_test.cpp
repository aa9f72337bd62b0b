// Changes of files: whole or not at all, and journals that were cut short, damaged, moved or another file's.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <cstring>

#include "bdglm/error.hpp"
#include "fitfile/file_transaction.hpp"
#include "fitfile/fit_file.hpp"
#include "support/program.hpp"

namespace bdglm::test {
namespace {

std::string bytes_of(const LockedFile& file, std::uint64_t at, std::size_t size) {
  std::string bytes(size, '\0');
  EXPECT_EQ(::pread(file.descriptor(), bytes.data(), size, static_cast<off_t>(at)), static_cast<ssize_t>(size));
  return bytes;
}

TEST(FileTransaction, OldBytesWaitForTheCommitAndNewOnesDoNot) {
  const Workspace w;
  const std::string path = w.write("f", std::string(10000, 'o'));
  const LockedFile file(path, O_RDWR);
  FileTransaction change(file, true);
  change.write(4090, "twelve bytes", 12, false);
  change.write(20000, "end", 3, false);
  EXPECT_EQ(bytes_of(file, 4090, 12), std::string(12, 'o'));
  EXPECT_EQ(bytes_of(file, 20000, 3), "end");
  std::string seen(14, ' ');
  ASSERT_TRUE(change.read(4089, seen.data(), seen.size()));
  EXPECT_EQ(seen, "otwelve byteso");
  change.commit();
  EXPECT_EQ(bytes_of(file, 4090, 12), "twelve bytes");
  EXPECT_FALSE(std::filesystem::exists(journal_path(path)));
}

TEST(FileTransaction, AbandonedOnesLeaveTheFileAsItWas) {
  const Workspace w;
  const std::string path = w.write("f", std::string(10000, 'o'));
  {
    const LockedFile file(path, O_RDWR);
    FileTransaction change(file, true);
    change.write(5, "x", 1, false);
    change.write(30000, "end", 3, true);
  }
  EXPECT_EQ(slurp(path), std::string(10000, 'o'));
}

/// A file of 'o's whose change to "new" at 5,000 was cut short after its journal stood, after its mark, or half way.
enum class Cut { before_mark, after_mark, half_way };

void cut_short(const std::string& path, Cut cut) {
  const LockedFile file(path, O_RDWR);
  Pages pages;
  pages[0] = std::vector<char>(kPage, 'o');
  pages[1] = pages[0];
  std::memcpy(pages[1].data() + 5000 - kPage, "new", 3);
  const Journal journal = Journal::write(file, 10000, pages);
  if (cut == Cut::before_mark) return;
  journal.mark(file);
  if (cut == Cut::half_way) {
    ASSERT_EQ(::pwrite(file.descriptor(), "half", 4, 4999), 4);
  }
}

const std::string kOld(10000, 'o');
const std::string kNew = std::string(5000, 'o') + "new" + std::string(4997, 'o');

TEST(Journal, AChangeThatWasCutShortIsFinishedOrWasNotBegun) {
  const Workspace w;
  for (const Cut cut : {Cut::before_mark, Cut::after_mark, Cut::half_way}) {
    const std::string path = w.write("f", kOld);
    cut_short(path, cut);
    recover(path);
    EXPECT_EQ(slurp(path), cut == Cut::before_mark ? kOld : kNew);
    EXPECT_FALSE(std::filesystem::exists(journal_path(path)));
    recover(path);
    EXPECT_EQ(slurp(path), cut == Cut::before_mark ? kOld : kNew);
  }
}

TEST(Journal, FilesMoveWithTheirJournals) {
  const Workspace w;
  const std::string path = w.write("f", kOld);
  cut_short(path, Cut::half_way);
  std::filesystem::copy(path, w.path("g"));
  std::filesystem::copy(journal_path(path), journal_path(w.path("g")));
  recover(w.path("g"));
  EXPECT_EQ(slurp(w.path("g")), kNew);
}

TEST(Journal, AnotherFilesJournalIsNotApplied) {
  const Workspace w;
  const std::string path = w.write("f", kOld);
  cut_short(path, Cut::after_mark);
  // Another version of the same file, without a mark; then one with a mark of its own, whose journal is gone.
  w.write("f", kOld + "later");
  recover(path);
  EXPECT_EQ(slurp(path), kOld + "later");
  const std::string other = w.write("g", kOld);
  w.write("f", kOld);
  cut_short(path, Cut::after_mark);
  cut_short(other, Cut::after_mark);
  std::filesystem::copy_file(journal_path(path), journal_path(other),
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THROW(recover(other), DataError);
}

TEST(Journal, CutShortDamagedOrMissingOnesAreSaid) {
  const Workspace w;
  const std::string path = w.write("f", kOld);
  cut_short(path, Cut::half_way);
  const std::string half = slurp(path);
  const std::string journal = slurp(journal_path(path));
  std::string damaged = journal;
  damaged[200] ^= 1;
  std::string long_one = journal;
  long_one[24] = '\xff';  // its number of pages
  for (const std::string& bad : {journal.substr(0, journal.size() - 1), damaged, long_one, std::string()}) {
    w.write("f.journal", bad);
    EXPECT_THROW(recover(path), DataError);
    EXPECT_EQ(slurp(path), half);
  }
  std::filesystem::remove(journal_path(path));
  EXPECT_THROW(recover(path), DataError);
  EXPECT_THROW(FitReader{path}, DataError);
  w.write("f.journal", journal);
  recover(path);
  EXPECT_EQ(slurp(path), kNew);
}

TEST(Journal, FilesOfOthersStay) {
  const Workspace w;
  const std::string path = w.write("f", kOld);
  w.write("f.journal", "notes");
  EXPECT_THROW(recover(path), DataError);
  EXPECT_EQ(slurp(journal_path(path)), "notes");
}

TEST(Journal, LinksLeadToTheJournal) {
  const Workspace w;
  const std::string path = w.write("f", kOld);
  std::filesystem::create_symlink(path, w.path("link"));
  cut_short(path, Cut::half_way);
  EXPECT_THROW(FitReader{w.path("link")}, DataError) << "no netCDF file";
  EXPECT_EQ(slurp(path), kNew) << "but mended";
}

}  // namespace
}  // namespace bdglm::test
