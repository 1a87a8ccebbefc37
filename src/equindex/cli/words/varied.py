"""Sentences of uncertainty and sensitivity."""

__all__ = ["WORDS"]

WORDS = {
    "only one region is scored: there is no ranking": "只有一个地区有得分：没有排名",
    # what varies
    "{} draws, seed {}. Varied: {}.": "抽样{}次，种子{}。变化项：{}。",
    "{} draw, seed {}. Varied: {}.": "抽样{}次，种子{}。变化项：{}。",
    "Varied: {}; {}.": "变化项：{}；{}。",
    "weights up or down by up to {}": "权重上下浮动至多{}",
    "weights of pillars up or down by up to {}": "领域权重上下浮动至多{}",
    "weights of indicators up or down by up to {}": "指标权重上下浮动至多{}",
    "weights around the given ones (Dirichlet, concentration {})": "围绕给定权重（狄利克雷，集中度{}）",
    "weights of pillars around the given ones (Dirichlet, concentration {})":
        "领域权重围绕给定值（狄利克雷，集中度{}）",
    "weights of indicators around the given ones (Dirichlet, concentration {})":
        "指标权重围绕给定值（狄利克雷，集中度{}）",
    "weights of all kinds, each as likely as any other": "任意权重，机会均等",
    "weights of pillars of all kinds, each as likely as any other": "任意领域权重，机会均等",
    "weights of indicators of all kinds, each as likely as any other": "任意指标权重，机会均等",
    "weights by {} experts drawn again": "{}位专家的权重重抽样",
    "weight within bounds ({}), siblings not named free": "权重在界限内（{}），未列的同级自由",
    "weights within bounds ({}), siblings not named free": "权重在界限内（{}），未列的同级自由",
    "weights in order ({}), siblings not named free": "权重有序（{}），未列的同级自由",
    "{} fixed at {}": "{}固定为{}",
    "{} from {} to {}": "{}在{}至{}之间",
    "none or one of {} ({}) left out": "不去掉或去掉{}项之一（{}）",
    "regions drawn anew": "地区重抽样",
    "values within their last printed digit": "数值在末位印出数字以内",
    "values with a standard error of {}": "数值标准误{}",
    "values with the standard errors of {}": "数值标准误依{}",
    "{} by {}": "{}取{}",
    # uncertainty
    "So few draws give rough shares (standard error up to {} points).":
        "抽样太少，占比粗略（标准误至多{}个百分点）。",
    "Interrupted: only the draws that were finished count.": "已中断：只计已完成的抽样。",
    "Interrupted: {} of {} draws are finished and kept.": "已中断：{1}次抽样完成{0}次，已保留。",
    "{} draw cannot be scored and is left out (table draws says why).":
        "{}次抽样无法评分，已略去（原因见表 draws）。",
    "{} draws cannot be scored and are left out (table draws says why).":
        "{}次抽样无法评分，已略去（原因见表 draws）。",
    "Combinations that cannot be scored are left out: {}.": "无法评分的组合已略去：{}。",
    "Fewer than two regions have a rank, so there is no ranking to judge.":
        "有名次的地区不足两个，没有排名可评判。",
    "First: {} of the draws; tied draws count for each.": "居首的抽样占比：{}；并列时各计一次。",
    "First: {} of the draws.": "居首的抽样占比：{}。",
    "{} in {}": "{} {}",
    "{} of {} regions has no rank as things stand: {}.": "{1}个地区中{0}个目前没有名次：{2}。",
    "{} of {} regions have no rank as things stand: {}.": "{1}个地区中{0}个目前没有名次：{2}。",
    "Against the framework as it stands a rank moves by {} places on average; {} of {} regions keeps its "
    "rank in at "
    "least {} of the draws.": "与现行指标体系相比，名次平均变动{}位；{2}个地区中{1}个在至少{3}的抽样中名次不变。",
    "Against the framework as it stands a rank moves by {} places on average; {} of {} regions keep "
    "their rank in at "
    "least {} of the draws.": "与现行指标体系相比，名次平均变动{}位；{2}个地区中{1}个在至少{3}的抽样中名次不变。",
    "Against the framework as it stands a rank moves by {} places on average; {} of {} regions keeps its "
    "range of {} "
    "ranks in at least {} of the draws.":
        "与现行指标体系相比，名次平均变动{}位；{2}个地区中{1}个在至少{4}的抽样中保持{3}个名次的范围。",
    "Against the framework as it stands a rank moves by {} places on average; {} of {} regions keep "
    "their range of {} "
    "ranks in at least {} of the draws.":
        "与现行指标体系相比，名次平均变动{}位；{2}个地区中{1}个在至少{4}的抽样中保持{3}个名次的范围。",
    "Least sure (at least {} of the draws): {}.": "最不确定（至少{}的抽样）：{}。",
    "No two neighbours of the ranking can be told apart: none is ahead of the next in at least {} of the draws.":
        "相邻名次都区分不开：没有一个在至少{}的抽样中领先下一个。",
    "The ranking parts into {} groups that can be told apart; the largest has {} regions.":
        "排名可分为{}个能区分的组；最大一组有{}个地区。",
    "The ranking parts into {} groups that can be told apart; the largest has {} region.":
        "排名可分为{}个能区分的组；最大一组有{}个地区。",
    "Degree of equalization (均等度): {}, in {} of the draws {} to {}.": "均等度：{}，{}的抽样在{}至{}之间。",
    "The varied methods give scores on different scales: ranks compare, scores do not.":
        "变化的方法给出不同量纲的得分：名次可比，得分不可比。",
    "All tables, and the draws themselves: -o FOLDER.": "全部表格和抽样本身：-o 文件夹。",
    "under 1%": "不足1%",
    "over 99%": "超过99%",
    # sensitivity
    "how far ranks move on average": "名次平均变动",
    "the degree of equalization": "均等度",
    "all {} combinations were run, so the effects are exact": "全部{}种组合都已计算，效应是精确的",
    "{} points of a Sobol' design, seed {}": "Sobol' 设计{}点，种子{}",
    "nothing else, so all the variance is owed to that": "别无其他，方差全部来自它",
    "Nothing that varies changes {}: it is constant.": "变化项都不改变{}：它是常数。",
    "Of the variance of {}, by total effect: {}.": "{}的方差，按总效应：{}。",
    "{} ({} alone)": "{}（单独{}）",
    "These are rough, with too few samples: take a larger --samples.":
        "样本太少，数字粗略：请增大 --samples。",
    "One change at a time, {} moves most: {} places on average from the framework as it stands; {} goes from {} to {}.":
        "每次只改一项，{}影响最大：与现行指标体系相比平均变动{}位；{}由第{}变为第{}。",
    "One change at a time, {} moves most: {} places on average from the framework as it stands.":
        "每次只改一项，{}影响最大：与现行指标体系相比平均变动{}位。",
    "Without one indicator, ranks move most when {} is left out: {} places on average; {} goes from {} to {}.":
        "去掉一项指标，去掉{}时名次变动最大：平均{}位；{}由第{}变为第{}。",
    "Without one pillar, ranks move most when {} is left out: {} places on average; {} goes from {} to {}.":
        "去掉一个领域，去掉{}时名次变动最大：平均{}位；{}由第{}变为第{}。",
    "Leaving out a region swaps no two others.": "去掉任一地区都不使其他地区换序。",
    "{} regions of {} would swap others if left out, {} most: {} pairs.":
        "{1}个地区中{0}个若去掉会使其他地区换序，{2}最多：{3}对。",
    "{} region of {} would swap others if left out, {} most: {} pairs.":
        "{1}个地区中{0}个若去掉会使其他地区换序，{2}最多：{3}对。",
    "{} regions of {} would swap others if left out, {} most: {} pair.":
        "{1}个地区中{0}个若去掉会使其他地区换序，{2}最多：{3}对。",
    "{} region of {} would swap others if left out, {} most: {} pair.":
        "{1}个地区中{0}个若去掉会使其他地区换序，{2}最多：{3}对。",
    "{} part cannot be left out (table left_out says why).": "{}个部分不能去掉（原因见表 left_out）。",
    "{} parts cannot be left out (table left_out says why).": "{}个部分不能去掉（原因见表 left_out）。",
    "Without effects, since what varies leaves no score at some points: {}. Ranks in the effects are "
    "among the others. "
    "Impute the gaps, lower min_coverage, or vary less.":
        "没有效应（某些点上无得分）：{}。效应中的名次只在其余地区之间。可插补、降低 min_coverage，或减少变化项。",
    "The degree of equalization has no effects: it is not defined at {} of {} points.":
        "均等度没有效应：{1}个点中{0}个无定义。",
    "Exact intervals of weights: none, since {}": "权重的精确区间：无，因为{}",
    "{} share the first place: the least change of any of {} of {} weights parts them.":
        "{}并列第一：{2}个权重中任改{1}个之一，稍变即分先后。",
    "No single weight, moved anywhere from 0 to 1, takes the first place from {}.":
        "任一权重在0至1之间如何变动，{}都居首。",
    "{} stays first while the weight of {} ({}) is between {} and {}, the tightest of {} intervals.":
        "只要{1}的权重（{2}）在{3}至{4}之间，{0}就居首，这是{5}个区间中最窄的。",
    "{} stays first while the weight of {} ({}) is between {} and {}, the tightest of {} interval.":
        "只要{1}的权重（{2}）在{3}至{4}之间，{0}就居首，这是{5}个区间中最窄的。",
    "{} stay first while the weight of {} ({}) is between {} and {}, the tightest of {} intervals.":
        "只要{1}的权重（{2}）在{3}至{4}之间，{0}就居首，这是{5}个区间中最窄的。",
    "With all possible weights {} is as high as {} and as low as {}; {} can be first, and with each "
    "indicator's share of "
    "the total up or down by up to {}% {}.":
        "在所有可能的权重下，{}最好第{}、最差第{}；可居首的有{}，各指标占比上下浮动至多{}%时有{}。",
    "{} regions": "{}个地区",
    "{} region": "{}个地区",
    "at least {} regions": "至少{}个地区",
    "at least {} region": "至少{}个地区",
    "Not part of the exact analysis, since values are missing: {}.": "因缺值未列入精确分析：{}。",
    "Share of the variance": "方差占比",
    "One change at a time": "每次只改一项",
    "Left out": "去掉一项",
    "How far a weight can move, the others in proportion": "一个权重可变动多少（其余按比例）",
    "shift: mean places that ranks move; swaps: pairs of regions that change places.":
        "变动：名次平均变动位数；换序：换位的地区对数。",
    "Every region, smallest changes and bounds of ranks: -o FOLDER.":
        "每个地区、最小改变和名次界限：-o 文件夹。",
    "indicator {}": "指标{}",
    "pillar {}": "领域{}",
    "region {}": "地区{}",
    "weights {}": "权重 {}",
    "weights": "权重",
}  # fmt: skip
