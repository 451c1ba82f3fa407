/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "collector/package/readme.h"

#include "collector/export/table.h"
#include "collector/indicator/figure.h"
#include "collector/indicator/inputs.h"
#include "collector/plan/plan.h"

#include "common/clock.h"

/* What the files say of themselves. */
static void list_files(FILE *out, bool chinese)
{
    for (size_t i = 0; i < bundle_file_count; i++) {
        const struct bundle_file *file = &bundle_files[i];
        const char *zh = file->table ? file->table->title_zh : file->title_zh;
        const char *en = file->table ? file->table->title_en : file->title_en;
        (void)fprintf(out, "- `%s`: %s\n", file->name, chinese ? zh : en);
    }
}

struct readme_facts {
    char instant[CLOCK_DATE_BYTES], computed[CLOCK_TIME_BYTES], known[CLOCK_TIME_BYTES];
    bool provisional, as_known;
    const char *made_by, *sha256;
};

static struct readme_facts facts_of(const struct export_source *source)
{
    struct readme_facts facts = {.as_known = source->inputs->window.as_known_ns != 0};
    const struct figures *figures = source->figures;
    clock_format_date(figures->instant_day, facts.instant);
    clock_format_city_time(figures->computed_ns, facts.computed);
    clock_format_city_time(source->inputs->window.as_known_ns, facts.known);
    facts.provisional = figure_is_provisional(figures->instant_day, figures->computed_ns);
    return facts;
}

static void write_zh(FILE *out, const struct export_source *source,
                     const struct readme_facts *facts)
{
    (void)fprintf(out, "# %s：%d 年度评估数据包\n\n", plan_title_zh(source->plan), source->year);
    (void)fprintf(out, "依据：%s。时点：%s 日终（东八区）。计算时间：%s（%s），lastmile %s。\n",
                  plan_document(source->plan), facts->instant, facts->computed,
                  facts->provisional ? "初步数" : "最终数", facts->made_by);
    if (facts->as_known)
        (void)fprintf(out, "仅使用 %s 之前已知的数据。\n", facts->known);
    (void)fprintf(out, "\n## 文件\n\n");
    list_files(out, true);
    (void)fprintf(
        out,
        "- `archive/`：计算所用的全部输入（规划文件、指标表、区划、计数、导入数据），仅供审计\n"
        "- `SHA256SUMS`：全部文件的校验值\n"
        "\n`archive/` 的指纹（`SHA256SUMS` 中其各行的 SHA-256）：`%s`\n"
        "\n## 核验\n\n"
        "`sha256sum -c SHA256SUMS` 检查文件是否完整；`lastmile verify 目录` 由 `archive/` "
        "重新计算每个数字并逐字节比对，不需要任何配置。校验值只能说明文件彼此一致；"
        "要证明来源，请把 `SHA256SUMS` 的校验值另行公布或签名。\n"
        "\n## 隐私\n\n"
        "数据包中没有任何用户、线路、地址或用户设备的标识。接入节点、控制器和接口的名称以序号代替。"
        "公开表格不含小于阈值的单元格，%s。"
        "`archive/` 含各接入节点的计数，可能小于公开阈值：请勿随公开数据一起发布。\n\n",
        facts->sha256, source->full ? "但本数据包为内部使用，未做隐藏" : "并防止通过相减推算");
}

static void write_en(FILE *out, const struct export_source *source,
                     const struct readme_facts *facts)
{
    (void)fprintf(out, "# %s: compliance package for %d\n\n", plan_title_en(source->plan),
                  source->year);
    (void)fprintf(out, "By %s. As at the end of %s (UTC+8). Computed %s (%s) by lastmile %s.\n",
                  plan_document(source->plan), facts->instant, facts->computed,
                  facts->provisional ? "provisional" : "final", facts->made_by);
    if (facts->as_known)
        (void)fprintf(out, "Only what was known before %s is used.\n", facts->known);
    (void)fprintf(out, "\n## Files\n\n");
    list_files(out, false);
    (void)fprintf(
        out,
        "- `archive/`: all that the figures were computed from (plan, table of indicators, areas,\n"
        "  counts, imported rows); for auditors alone\n"
        "- `SHA256SUMS`: the digests of all files\n"
        "\nFingerprint of `archive/` (SHA-256 of its lines of `SHA256SUMS`): `%s`\n"
        "\n## Verification\n\n"
        "`sha256sum -c SHA256SUMS` tells whether the files are whole. `lastmile verify DIR`\n"
        "computes every figure again from `archive/` and compares the bytes; it needs no "
        "settings.\n"
        "Digests say that the files belong together; to prove where they come from, publish or\n"
        "sign the digest of `SHA256SUMS` elsewhere.\n"
        "\n## Privacy\n\n"
        "No identity of a user, a line, an address or a customer's device is in the package. "
        "Access nodes,\n"
        "controllers and interfaces have numbers for names. The public tables hold no cell below\n"
        "the threshold%s.\n"
        "`archive/` holds counts by access node, which may be below it: leave it out of what is\n"
        "published.\n",
        facts->sha256,
        source->full ? ", but this package is for the city's own use: nothing is withheld"
                     : ", nor one that differences give away");
}

void readme_write(FILE *out, const struct export_source *source, const char *made_by,
                  const char *sha256)
{
    struct readme_facts facts = facts_of(source);
    facts.made_by = made_by;
    facts.sha256 = sha256;
    write_zh(out, source, &facts);
    write_en(out, source, &facts);
}
