"""Sentences of score, explain, equalize, diagnose, demo and init, and what several commands say."""

__all__ = ["WORDS"]

WORDS = {
    # every command
    "({} more columns do not fit: {=})": "（另有{}列放不下：{}）",
    "(1 more column does not fit: {})": "（另有1列放不下：{}）",
    "Wrote {=} to {=}.": "已将{}写入{}。",
    "Wrote {=}.": "已写入{}。",
    "Wrote {=} and {=}.": "已写入{}和{}。",
    "Wrote {=} to {=}. Next:": "已将{}写入{}。下一步：",
    "Wrote {=}, without {=}: a folder gets everything (-o {=}).":
        "已写入{}，未含{}；写入文件夹可得全部（-o {}）。",
    "what moves ranks most is not looked for among more than {} regions: see equindex sensitivity":
        "超过{}个地区时不计算各部分对名次的影响，请用 equindex sensitivity",
    "say what to write: -o report.html, -o report.md or --xlsx report.xlsx.":
        "请说明写什么：-o report.html、-o report.md 或 --xlsx report.xlsx。",
    "{=} should end in .html or .md; --xlsx writes a workbook, equindex score -o FOLDER tables.":
        "{}应以 .html 或 .md 结尾；工作簿用 --xlsx，各表用 equindex score -o 文件夹。",
    "{=} should end in .xlsx.": "{}应以 .xlsx 结尾。",
    "{=} should end in .svg or .png.": "{}应以 .svg 或 .png 结尾。",
    "there is no chart {=}: {}.": "没有{}图：{}。",
    "there is no chart {=}. Known: {=}.": "没有{}图。已知：{}。",
    "there is no chart {=}. Did you mean {=}? Known: {=}.": "没有{}图，是否指{}？已知：{}。",
    "there is no chart {=}: no indicator has a target.": "没有{}图：没有指标有目标。",
    "Give one to each that the plan sets: target = {=}.": "请给规划定有目标的每项指标填写：target = {}。",
    "a trend needs two years or more.": "趋势图需要两年以上的数据。",
    "a map needs the outlines of the regions: --geo regions.geojson.":
        "地图需要地区轮廓：--geo regions.geojson。",
    "equal, by pillar": "逐级等权（同级均分）",
    "equal, by indicator": "各指标等权",
    "{=} exists.": "{}已存在。",
    "{=} exist.": "{}已存在。",
    "Write elsewhere, or overwrite with --force.": "请写到别处，或用 --force 覆盖。",
    "… and {} more of these; see them with: equindex check": "……同类另有{}条，用 equindex check 查看",
    "and {} more of these; see them with: equindex check": "同类另有{}条，用 equindex check 查看",
    "and {} more regions; all with -o.": "另有{}个地区，用 -o 输出全部。",
    "and {} more; all with -o.": "另有{}项，用 -o 输出全部。",
    "and {} more.": "另有{}条。",
    "{} and {} more": "{}等另{}项",
    "{} to {}": "{}至{}",
    "the index": "总体",
    "no data for {}.": "没有{}年的数据。",
    "Years: {}.": "年份：{}。",
    "unscored {}: {}": "{}年未评：{}",
    "unscored in {}: {}": "{}年未评：{}",
    "Interrupted. Nothing was left half written.": "已中断。没有留下写了一半的文件。",
    # score
    "Years {} to {} were scored; {} is shown. See others with --year, all with -o.":
        "已评{}至{}年，显示{}年。其他年份用 --year，全部用 -o。",
    "unscored: {}": "未评：{}",
    "no {} for any region: {}": "各地区均无{}：{}",
    "{}, {}: attainment by pillar, rule {}": "{}，{}年：分领域实现度，规则 {}",
    "Binding list (约束性)": "约束性指标",
    "{} pass, {} fail{}; pass rate {}.": "通过{}，未通过{}{}；通过率{}。",
    "{} pass, {} fail.": "通过{}，未通过{}。",
    "{} pass, {} fail, {} unknown.": "通过{}，未通过{}，未知{}。",
    "{} pass, {} fail, {} unscored.": "通过{}，未通过{}，未评{}。",
    "{} pass, {} fail, {} unknown, {} unscored.": "通过{}，未通过{}，未知{}，未评{}。",
    "{} pass, {} fail; pass rate {}": "通过{}，未通过{}；通过率{}",
    "{} pass, {} fail, {} unknown; pass rate {}.": "通过{}，未通过{}，未知{}；通过率{}。",
    "{} pass, {} fail, {} unscored; pass rate {}.": "通过{}，未通过{}，未评{}；通过率{}。",
    "{} pass, {} fail, {} unknown, {} unscored; pass rate {}.":
        "通过{}，未通过{}，未知{}，未评{}；通过率{}。",
    "Equalization degree {} ({}, unweighted): {} of 100. Least even: {} ({}); most even: {} ({}).":
        "{}年均等度（{}，不加权）：{}（满分100）。最不均等：{}（{}）；最均等：{}（{}）。",
    "pass": "通过",
    "fail": "未通过",
    "unknown": "未知",
    "unscored": "未评",
    "Kept as run {} in {}.": "已存为运行{}，位于{}。",
    # explain
    "{}, {}: index {}, rank {} of {}, coverage {}.": "{}，{}年：综合指数{}，名次{}（共{}个），覆盖率{}。",
    "{}, {}: attainment {}, rank {} of {}, coverage {}.": "{}，{}年：实现度{}，名次{}（共{}个），覆盖率{}。",
    "Contributions": "贡献",
    "Strengths against the mean region, in points of the {}: {}.": "优势（与地区均值比，{}分）：{}。",
    "Shortfalls against the mean region, in points of the {}: {}.": "短板（与地区均值比，{}分）：{}。",
    "Obstacle degrees 障碍度: none; {}.": "障碍度：无；{}。",
    "Obstacle degrees 障碍度: {}.": "障碍度：{}。",
    "scores beyond {} to {} have no obstacle degrees": "得分超出{}至{}，没有障碍度",
    # equalize
    "How even: the equalization degree {} ({}, 100 is equal) is {}.":
        "均等程度：{}年均等度（{}，100为完全均等）{}。",
    "not known, too little of it is measured": "未知，测得的部分太少",
    "{} ({} interval {} to {}), each region counting once": "各地区等权为{}（{}区间{}至{}）",
    "{} ({} interval {} to {}), weighted by population": "按人口加权为{}（{}区间{}至{}）",
    "{}, each region counting once": "各地区等权为{}",
    "{}, weighted by population": "按人口加权为{}",
    "Least even is {} ({} {}), most even {} ({}).": "最不均等的是{}（{} {}），最均等的是{}（{}）。",
    "Furthest behind the {} (100): {}.": "距{}（100）最远：{}。",
    "weighted mean": "加权均值",
    "region {}": "地区{}",
    "Below the standard for {}: {} regions ({}).": "{}低于标准：{}个地区（{}）。",
    "By {}: from {} ({}) to {} ({}) of inequality (Theil T, population) lies between groups.":
        "按{}：不均等（泰尔T，人口加权）中组间占{}（{}）至{}（{}）。",
    "By {}: from {} ({}) to {} ({}) of inequality (Theil T) lies between groups.":
        "按{}：不均等（泰尔T）中组间占{}（{}）至{}（{}）。",
    "By {}: {} ({}) of inequality (Theil T, population) lies between groups.":
        "按{}：不均等（泰尔T，人口加权）中组间占{}（{}）。",
    "By {}: {} ({}) of inequality (Theil T) lies between groups.": "按{}：不均等（泰尔T）中组间占{}（{}）。",
    "Widest gap, {} to {}: {}, ratio {} ({} interval {} to {}).":
        "差距最大：{}与{}，{}，比值{}（{}区间{}至{}）。",
    "Widest gap, {} to {}: {}, ratio {}.": "差距最大：{}与{}，{}，比值{}。",
    "Closing or widening: one year cannot tell; give two or more.":
        "缩小还是扩大：一年看不出，请给出两年以上。",
    "Closing or widening, {} to {}: {}.": "缩小还是扩大，{}至{}年：{}。",
    "no indicator is measured in both years": "没有两年都测得的指标",
    "the degree went from {} to {}, {} ({} interval {} to {}): {}":
        "均等度由{}变为{}，{}（{}区间{}至{}）：{}",
    "the degree went from {} to {}, {}: {}": "均等度由{}变为{}，{}：{}",
    "not judged": "未判定",
    "more even": "更均等",
    "less even": "更不均等",
    "not distinguishable": "无法区分",
    "more even {}": "更均等：{}",
    "less even {}": "更不均等：{}",
    "not distinguishable {}": "无法区分：{}",
    "{} narrowed": "{}项缩小",
    "{} widened": "{}项扩大",
    "{} not distinguishable": "{}项无法区分",
    "narrowed": "缩小",
    "widened": "扩大",
    "Gaps by {}: {}.": "按{}的差距：{}。",
    "Driven by: of the inequality of the index scores (Gini {}) {}.":
        "来源：综合指数得分的不均等（基尼{}）中{}。",
    "By indicator, {}": "分指标，{}年",
    "Intervals: {} bootstrap resamples of regions, seed {}. All tables: -o FOLDER.":
        "区间：对地区重抽样{}次，种子{}。全部表格：-o 文件夹。",
    # diagnose
    "{} indicators in {} regions, {}.": "{2}年，{1}个地区，{0}项指标。",
    "{} indicator in {} regions, {}.": "{2}年，{1}个地区，{0}项指标。",
    "To reconsider:": "需要再考虑：",
    "Nothing to reconsider within the limits below.": "在下列界限内没有需要再考虑的。",
    "By chance alone, {} regions give correlations up to {} (95%).":
        "仅凭偶然，{}个地区的相关系数即可达{}（95%）。",
    "Limits: the same above {}, cancelling below {}, unheard below {}, alpha {}, KMO {}, importance {} "
    "times the "
    "weight.": "界限：高于{}为重复，低于{}为相互抵消，低于{}为无声，α {}，KMO {}，重要性为权重的{}倍。",
    "{} regions are too few to judge by: their correlations may be chance.":
        "{}个地区太少，不足以判断：相关可能出于偶然。",
    "{} is the same everywhere, or not measured: it tells no region from another.":
        "{}处处相同或没有测得：分不出地区。",
    "{}: {} indicators move as one (correlations {} to {} over {} regions): {}. So one number is counted "
    "{} times, with "
    "{} of the weight. Keep one, or merge them.":
        "{}：{}项指标同升同降（{4}个地区，相关系数{2}至{3}）：{5}。等于一个数计了{6}次，占权重{7}。保留一项或合并。",
    "{}: {} indicators move as one (correlations {} to {} over {} regions): {}. So one number is counted "
    "twice, with {} "
    "of the weight. Keep one, or merge them.":
        "{}：{}项指标同升同降（{4}个地区，相关系数{2}至{3}）：{5}。等于一个数计了两次，占权重{6}。保留一项或合并。",
    "{}: {} indicators overlap, each with the next (correlations {} to {} over {} regions): {}. So much "
    "is counted more "
    "than once in {} of the weight. Keep one, or merge them.":
        "{}：{}项指标依次重叠（{4}个地区，相关系数{2}至{3}）：{5}。占权重{6}的内容多次计入。保留一项或合并。",
    "{} look like parts of {}: the same unit, nowhere larger in {} regions; together they make up {} to "
    "{} of it. If so, "
    "they are counted again in it: keep the whole, or its parts.":
        "{}像是{}的一部分：单位相同，在{}个地区都不大于它，合计占其{}至{}。若是，则在其中重复计入：保留整体或各部分。",
    "{} looks like a part of {}: the same unit, nowhere larger in {} regions; it makes up {} to {} of "
    "it. If so, they are "
    "counted again in it: keep the whole, or its parts.":
        "{}像是{}的一部分：单位相同，在{}个地区都不大于它，占其{}至{}。若是，则在其中重复计入：保留整体或各部分。",
    "{} are exact combinations of each other: one of them adds nothing. Drop one.":
        "{}可以相互精确推出：其中一项没有新内容。去掉一项。",
    "{} follows to {} from the other indicators: it adds next to nothing.":
        "{}的{}可由其他指标推出：几乎没有新内容。",
    "{}: {} and {} move against each other (correlation {}): in one mean they cancel. Check the "
    "directions, or show them "
    "apart.": "{}：{}与{}此升彼降（相关系数{}）：放在一个平均数里会抵消。核对方向，或分开列示。",
    "{} moves against the index (correlation {}) although it has {} of the weight.":
        "{}与总体反向变动（相关系数{}），却占权重{}。",
    "{} is hardly heard in the index (correlation {}) although it has {} of the weight.":
        "{}在总体中几乎无声（相关系数{}），却占权重{}。",
    "Weights of pillars are not their importance (main effects): {}.":
        "领域的权重不等于重要性（主效应）：{}。",
    "Weights of indicators are not their importance (main effects): {}.":
        "指标的权重不等于重要性（主效应）：{}。",
    "{} has {} of the weight and {} of the importance": "{}占权重{}，占重要性{}",
    "and {} more": "另有{}项",
    "{}: its parts do not measure one thing (alpha {}; without {} it would be {}). A high score in one "
    "says little of "
    "the others.": "{}：各部分衡量的不是一件事（α {}；去掉{}则为{}）。一部分得分高，说明不了其他部分。",
    "{}: its parts do not measure one thing (alpha {}). A high score in one says little of the others.":
        "{}：各部分衡量的不是一件事（α {}）。一部分得分高，说明不了其他部分。",
    "{} has {} dimensions (components with an eigenvalue above {}): one mean cannot tell them. Consider splitting it.":
        "{}有{}个维度（特征值大于{}的主成分）：一个平均数说不清。可考虑拆分。",
    "The indicators are no ground for weights from components or factors (KMO {}).":
        "这些指标不宜用主成分或因子定权重（KMO {}）。",
    "Weight and importance for the index": "权重与对总体的重要性",
    "Do they measure one thing": "衡量的是否一件事",
    "children": "下级",
    "indicators": "指标",
    "Correlations, loadings and all other tables: -o FOLDER.": "相关系数、载荷等全部表格：-o 文件夹。",
    # demo
    "How even 均等度": "均等度",
    "Zones 区域": "区域",
    "如皋市 Rugao 2020 against its targets of 2025: attainment 目标实现度":
        "如皋市2020年对照2025年目标：目标实现度",
    "ratio flatters: it credits every step; met counts only targets reached. Show both.":
        "按比率偏高：每一步都计分；按达标只计已达到的目标。两者都应列示。",
    "What is illustrative: the figures are printed yearbook and plan figures, but the choice of "
    "indicators, the equal "
    "weights and the methods are this demo's, not those of any published index; Rugao is held against "
    "its 2025 targets "
    "in the baseline year 2020, before the plan began. Sources: SOURCE.md beside each framework.":
        "仅作示例：数字出自年鉴和规划原文，但指标选择、等权和方法是本演示的，不是任何已发布指数的；如皋以规划开始前的"
        "基期2020年对照2025年目标。来源：各指标体系旁的 SOURCE.md。",
    "The files are in {}. Next: equindex init my-index": "文件在{}。下一步：equindex init my-index",
    # what was read, runs, batches, weights
    "read as {}": "按{}读取",
    "separated by {}": "以{}分隔",
    "dropped {} empty columns without a header": "略去{}个没有列名的空列",
    "only this sheet was read, not {=}: [table] sheet chooses another":
        "只读了这张表，未读{}；可用 [table] sheet 另选",
    "no region column, so not read: {=}": "没有地区列，未读：{}",
    "No run is kept yet: equindex score FRAMEWORK DATA --save.":
        "还没有保存运行：equindex score FRAMEWORK DATA --save。",
    "Runs": "运行",
    "Run {}, {}: {=}": "运行{}，{}：{}",
    "{}, the last year": "{}，最后一年",
    "Run {} gives the same again: {} cells, bit for bit.": "运行{}重算结果相同：{}个单元格，逐位一致。",
    "Run {} differs in {} of {} cells:": "运行{}有{}个单元格不同（共{}个）：",
    "Run {} and run {} differ in: {=}.": "运行{}与运行{}不同：{}。",
    "Run {} and run {} differ in nothing.": "运行{}与运行{}没有不同。",
    "No causes of the change: {}": "变动没有原因分解：{}",
    "Change of scores, the widest first": "得分变动，最大者在前",
    "Scored {} rows, {}, in {} blocks. Wrote {=}.": "已评{}行（{}），分{}块。已写入{}。",
    "Interrupted. Finished blocks are kept in {=}: go on with the same command and --resume.":
        "已中断。完成的块保留在{}：用同一命令加 --resume 继续。",
    "Weights: {=}": "权重：{}",
    "AHP weights": "层次分析法权重",
    "AHP weights below {=}": "{}以下的层次分析法权重",
    "Combined weights: {=}": "组合权重：{}",
    # init --from
    "{}: rows as they were read": "{}：各行读法",
    "Row {}: {}.": "第{}行：{}。",
    "Rows {}: {}.": "第{}行：{}。",
    "{} of {} rows are indicators, {} with a target.": "共{1}行，其中{0}行为指标，{2}行有目标。",
    "Columns: {=}.": "已读的列：{}。",
    "Columns not read: {=}.": "未读的列：{}。",
    "a heading: the pillar of what follows": "标题：以下各行的领域",
    "not read: no name of an indicator": "未读：没有指标名称",
    "not read: the name stands above already": "未读：上面已有同名指标",
    "target not read: {}": "目标未读出：{}",
    "baseline not read: {}": "基期值未读出：{}",
    "no target": "没有目标",
    "no target year": "没有目标年",
    "direction not read: {}": "方向未读出：{}",
    "taken as positive: an interval needs a range": "作为正向：适度指标须有区间",
    "taken as positive: {}": "作为正向：{}",
    "taken as negative: {}": "作为逆向：{}",
    "taken as interval: {}": "作为适度：{}",
    "the target is a bound": "目标是界值",
    "the target is a range": "目标是区间",
    "the target is a direction": "目标是方向",
    "its name": "依名称",
    "nothing says otherwise": "没有相反的依据",
    "the baseline is better than the target, so check the direction": "基期值优于目标，请核对方向",
    "a total of the plan: rates do not add, the latest counts": "规划期累计：比率不可相加，取最新值",
    "a total of the plan: years add up": "规划期累计：逐年相加",
    "{} is no plain number: {}": "{}年不是单个数字：{}",
    "plan years {}: taken as a five-year plan": "规划期{}：按五年规划",
    "plan years {}: no column says when the plan begins": "规划期{}：没有列说明规划何时开始",
    "skipped rows {} above the table: {}": "略去表上方第{}行：{}",
    "skipped rows {} below the table: {}": "略去表下方第{}行：{}",
}  # fmt: skip
